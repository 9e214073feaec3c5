import type { RedisRPC } from '../../index.ts'
import type { Context } from '../frame/context.ts'
import { askMethodNames } from '../frame/method-names.ts'

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/** The services on Redis, and a client for each one that was used. */
export class Services {
  readonly #context: Context
  readonly #rpc: RedisRPC
  readonly #clients = new Map<string, object>()
  /** Services whose names are JavaScript identifiers. */
  globals: readonly string[] = []

  constructor(context: Context, rpc: RedisRPC) {
    this.#context = context
    this.#rpc = rpc
  }

  /** Reads the list of services. */
  async load(): Promise<readonly string[]> {
    const names = await this.#rpc.services()
    this.globals = names.filter((name) => IDENTIFIER.test(name))
    return names
  }

  client(name: string): object {
    const known = this.#clients.get(name)
    if (known !== undefined) return known
    const client = this.#rpc.client<object>(name, this.#context.clientOptions)
    this.#clients.set(name, client)
    return client
  }

  /** The methods of a service whose names are made of JavaScript identifiers. */
  async methods(name: string): Promise<readonly string[]> {
    const methods = await askMethodNames(this.client(name))
    return methods.filter((method) => method.split('.').every((part) => IDENTIFIER.test(part)))
  }
}
