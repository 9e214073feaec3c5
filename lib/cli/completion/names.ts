import type { Context } from '../frame/context.ts'

/** Names on Redis, for completion. */
export interface Names {
  services(): Promise<string[]>
  methods(service: string): Promise<string[]>
}

/** How long servers may take to tell their methods, in ms. */
const METHODS_MS = 300

/** Names as they are on Redis just now. */
export function namesOf(context: Context): Names {
  return {
    services: async () => (await context.rpc()).services(),
    async methods(service) {
      const { control } = await import('../../index.ts')
      const client = (await context.rpc()).client(service, context.clientOptions)
      const servers = await control(client).servers({ timeoutMs: METHODS_MS })
      return [...new Set(servers.flatMap(({ methods }) => methods))].toSorted()
    },
  }
}
