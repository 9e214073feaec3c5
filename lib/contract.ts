import type { RedisRPCClientOptions } from './client/options.ts'
import { RedisRPCClient } from './client/proxy.ts'
import type { Remote } from './client/remote.ts'
import { InvalidOptionError } from './errors.ts'
import type { RedisSource } from './link/source.ts'
import type { SharedConnections } from './link/use.ts'
import type { MethodOptions, RedisRPCServerOptions } from './server/options.ts'
import { RedisRPCServer } from './server/serve.ts'
import type { SchemaInput, SchemaOutput, StandardSchema } from './server/validation/standard-schema.ts'
import { nonEmptyString } from './util/options.ts'

/** The methods of a contract, by name; a dot leads into a namespace. */
export type ContractMethods = Readonly<Record<string, MethodOptions>>

type Head<Name> = Name extends `${infer First}.${string}` ? First : Name
type Inside<M, Namespace> = {
  [Name in keyof M as Name extends `${Namespace & string}.${infer Rest}` ? Rest : never]: M[Name]
}
type Arguments<T> = T extends readonly unknown[] ? [...T] : unknown[]
type ArgsSent<M> = M extends { readonly args: infer S extends StandardSchema } ? Arguments<SchemaInput<S>> : unknown[]
type ArgsGiven<M> = M extends { readonly args: infer S extends StandardSchema } ? Arguments<SchemaOutput<S>> : unknown[]
type ResultMade<M> = M extends { readonly result: infer S extends StandardSchema } ? SchemaInput<S> : unknown
type ResultGot<M> = M extends { readonly result: infer S extends StandardSchema } ? SchemaOutput<S> : unknown

/**
 * An object that implements a contract. Its methods receive the arguments as the schemas returned
 * them.
 */
export type ContractServed<M> = {
  [Name in Head<keyof M> & string]: Name extends keyof M
    ? (...args: ArgsGiven<M[Name]>) => ResultMade<M[Name]> | Promise<ResultMade<M[Name]>>
    : ContractServed<Inside<M, Name>>
}

/**
 * The methods of a contract as a client calls them. Their results are what the schemas returned for
 * the methods' results.
 */
export type ContractCalled<M> = {
  [Name in Head<keyof M> & string]: Name extends keyof M
    ? (...args: ArgsSent<M[Name]>) => Promise<ResultGot<M[Name]>>
    : ContractCalled<Inside<M, Name>>
}

/**
 * A service's name, methods, schemas and options in one object that both ends import. Create it
 * with {@link contract}.
 */
export interface Contract<M extends ContractMethods> {
  readonly name: string
  readonly methods: M
  /**
   * Creates a server of the contract. Only the methods of the contract can be called. Start it with
   * `start` or `run`.
   * @throws InvalidOptionError for an invalid option, or when the object lacks a method
   */
  server(
    redis: RedisSource | SharedConnections,
    served: ContractServed<M>,
    options?: Omit<RedisRPCServerOptions, 'expose' | 'writable' | 'methods'>,
  ): RedisRPCServer<ContractServed<M>>
  /** Creates a client of the contract. @throws InvalidOptionError */
  client(redis: RedisSource | SharedConnections, options?: RedisRPCClientOptions): Remote<ContractCalled<M>>
}

/**
 * Describes a service once for both ends: its name, and the schemas and options of its methods.
 *
 * @example
 * ```ts
 * import { contract, type StandardSchema } from 'redis-object-rpc'
 *
 * declare const numbers: StandardSchema<[number, number]> // z.tuple([z.number(), z.number()])
 * declare const number: StandardSchema<number> // z.number()
 *
 * export const calc = contract('calc', { add: { args: numbers, result: number, delivery: 'at-least-once' } })
 * await calc.server('redis://localhost', { add: (a, b) => a + b }).start()
 * await calc.client('redis://localhost').add(1, 2)
 * ```
 * @throws InvalidOptionError
 */
export function contract<const M extends ContractMethods>(name: string, methods: M): Contract<M> {
  nonEmptyString('name', name)
  if (typeof methods !== 'object' || methods === null || Object.keys(methods).length === 0)
    throw new InvalidOptionError('methods', 'an object: options by the names of methods', methods)
  const names = Object.keys(methods)
  return Object.freeze({
    name,
    methods,
    server: (redis, served, options = {}) => {
      const checked: RedisRPCServerOptions<string> = { ...options, expose: names, methods }
      return new RedisRPCServer<ContractServed<M>>(redis, name, served, checked as RedisRPCServerOptions)
    },
    client: (redis, options) => new RedisRPCClient<ContractCalled<M>>(redis, name, options),
  } satisfies Contract<M>)
}
