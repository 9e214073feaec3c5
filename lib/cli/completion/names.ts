import type { Context } from '../frame/context.ts'
import { askMethodNames } from '../frame/method-names.ts'

/** Names on Redis, for completion. */
export interface Names {
  services(): Promise<string[]>
  methods(service: string): Promise<string[]>
}

/** Looks names up on Redis. */
export function namesOf(context: Context): Names {
  return {
    services: async () => (await context.rpc()).services(),
    methods: async (service) => askMethodNames((await context.rpc()).client(service, context.clientOptions)),
  }
}
