import type { KeyObject } from 'node:crypto'
import { checkUse, type MiddlewareOption } from '../chain/middleware.ts'
import { InvalidOptionError } from '../errors.ts'
import { type CallEndOptions, checkCallEndOptions } from '../link/options.ts'
import type { ReferenceClass } from '../rpc/objects/by-reference.ts'
import { LONGEST_LEASE_MS } from '../rpc/presence/server-table.ts'
import { checkStreamOptions, type StreamOptions } from '../rpc/streams/options.ts'
import { isRecord } from '../util/is-object.ts'
import { flag, knownOptions, milliseconds, millisecondsOrInfinity, text, wholeNumber } from '../util/options.ts'
import { checkDelivery, type Delivery } from '../wire/delivery.ts'
import { checkMessageOptions, type MessageOptions } from '../wire/options.ts'
import { checkSecret, type SecretOption } from '../wire/signature.ts'
import { isSchema, type StandardSchema } from './validation/standard-schema.ts'

/**
 * Options of {@link RedisRPCServer}. `Name` is the type of the names that `expose` may contain. By
 * default there are none, so the options fit every server.
 */
export interface RedisRPCServerOptions<Name extends string = never, Settable extends string = never>
  extends CallEndOptions,
    MessageOptions,
    StreamOptions,
    SecretOption,
    MiddlewareOption {
  /** How many calls of asynchronous methods run at once; at least 1. @defaultValue 100 */
  readonly concurrency?: number
  /** How long Redis keeps a reply for its caller, in ms. @defaultValue 60000 */
  readonly replyExpireMs?: number
  /**
   * Names what clients may call and read, instead of all public methods: methods, properties,
   * namespaces. See `docs/security.md`.
   */
  readonly expose?: readonly Name[]
  /** Which of the properties in `expose` clients may also write. @defaultValue [] */
  readonly writable?: readonly Settable[]
  /** Options of single methods, by name. */
  readonly methods?: { readonly [K in Name]?: MethodOptions }
  /** Whether callers get the stack traces of errors. @defaultValue true */
  readonly exposeStacks?: boolean
  /**
   * Whether callers can read measurements of all calls, and watch them as they end: names,
   * latencies, error messages. See `docs/observability.md`.
   * @defaultValue true
   */
  readonly exposeReports?: boolean
  /**
   * Whether `start` discards requests that are already waiting, as the Python and PHP originals do.
   * @defaultValue false
   */
  readonly flushOnStart?: boolean
  /**
   * How long this server counts as alive without a sign of life, in ms; from 1000 to 600000. If it
   * dies, the callers of its calls learn this after that time. A method that blocks the thread for
   * longer makes it count as dead.
   * @defaultValue 5000
   */
  readonly leaseMs?: number
  /** Shown by a client's `servers()` as the version of this server. @defaultValue '' */
  readonly version?: string
  /**
   * A request that has waited longer than this is refused with a `BusyError` instead of running
   * late, in ms.
   * @defaultValue Infinity
   */
  readonly maxQueueAgeMs?: number
  /**
   * How many functions, objects and signals this server may lend to clients at once, and how many
   * it may borrow from them.
   * @defaultValue 100000
   */
  readonly maxReferences?: number
  /**
   * Classes whose instances are passed by reference instead of being copied or refused.
   * @defaultValue []
   */
  readonly references?: readonly ReferenceClass[]
  /** How long a call of a client's function waits for its answer, in ms. @defaultValue 30000 */
  readonly callbackTimeoutMs?: number
  /**
   * How long `close` waits for running calls, in ms; then their callers get a `ClosedError`.
   * @defaultValue 10000
   */
  readonly drainTimeoutMs?: number
}

/** Options of one method. */
export interface MethodOptions {
  /**
   * `at-least-once`: clients send calls of this method again until they are answered, unless the
   * call sets its own `delivery`. Clients ask each server for this when they first see it, and all
   * servers must agree; calls sent before run at most once.
   * @defaultValue 'at-most-once'
   */
  readonly delivery?: Delivery
  /**
   * A schema (of zod, valibot, arktype …) for the array of arguments. The method gets the schema's
   * output.
   */
  readonly args?: StandardSchema
  /** A schema for the return value of the method. Its output is the result of the call. */
  readonly result?: StandardSchema
}

/** A lease must outlast a busy second. */
const SHORTEST_LEASE_MS = 1_000

/** The defaults of the options that {@link RedisRPCServerOptions} adds. */
export const SERVER_DEFAULTS: Required<
  Omit<
    RedisRPCServerOptions,
    | keyof CallEndOptions
    | keyof MessageOptions
    | keyof StreamOptions
    | keyof SecretOption
    | keyof MiddlewareOption
    | 'expose'
    | 'writable'
    | 'methods'
  >
> = {
  concurrency: 100,
  replyExpireMs: 60_000,
  exposeStacks: true,
  exposeReports: true,
  flushOnStart: false,
  drainTimeoutMs: 10_000,
  leaseMs: 5_000,
  version: '',
  maxQueueAgeMs: Number.POSITIVE_INFINITY,
  maxReferences: 100_000,
  references: [],
  callbackTimeoutMs: 30_000,
}

/** {@link RedisRPCServerOptions}, checked and with the defaults filled in. */
export interface ServerSettings
  extends Required<Omit<RedisRPCServerOptions, 'expose' | 'writable' | 'methods' | 'secret'>> {
  readonly methods: ReadonlyMap<string, MethodOptions>
  readonly expose: readonly string[] | undefined
  readonly writable: readonly string[] | undefined
  readonly secret: readonly KeyObject[]
}

/** @throws InvalidOptionError */
export function checkServerOptions(options: RedisRPCServerOptions<string, string>): ServerSettings {
  const { concurrency, replyExpireMs, exposeStacks, flushOnStart, drainTimeoutMs } = SERVER_DEFAULTS
  const settings = {
    ...checkCallEndOptions(options),
    ...checkMessageOptions(options),
    ...checkStreamOptions(options),
    concurrency: wholeNumber('concurrency', options.concurrency, concurrency, 1),
    replyExpireMs: milliseconds('replyExpireMs', options.replyExpireMs, replyExpireMs),
    expose: names('expose', options.expose),
    writable: names('writable', options.writable),
    methods: checkMethods(options.methods),
    exposeStacks: flag('exposeStacks', options.exposeStacks, exposeStacks),
    exposeReports: flag('exposeReports', options.exposeReports, SERVER_DEFAULTS.exposeReports),
    flushOnStart: flag('flushOnStart', options.flushOnStart, flushOnStart),
    drainTimeoutMs: milliseconds('drainTimeoutMs', options.drainTimeoutMs, drainTimeoutMs, 0),
    leaseMs: wholeNumber('leaseMs', options.leaseMs, SERVER_DEFAULTS.leaseMs, SHORTEST_LEASE_MS, LONGEST_LEASE_MS),
    version: text('version', options.version, SERVER_DEFAULTS.version),
    maxQueueAgeMs: millisecondsOrInfinity('maxQueueAgeMs', options.maxQueueAgeMs, SERVER_DEFAULTS.maxQueueAgeMs),
    maxReferences: wholeNumber('maxReferences', options.maxReferences, SERVER_DEFAULTS.maxReferences, 0),
    references: options.references ?? SERVER_DEFAULTS.references,
    callbackTimeoutMs: milliseconds('callbackTimeoutMs', options.callbackTimeoutMs, SERVER_DEFAULTS.callbackTimeoutMs),
    secret: checkSecret(options),
    use: checkUse(options),
  }
  knownOptions(options, Object.keys(settings))
  return settings
}

function names(option: string, given: readonly string[] | undefined): readonly string[] | undefined {
  if (given === undefined || (Array.isArray(given) && given.every((name) => typeof name === 'string'))) return given
  throw new InvalidOptionError(option, 'an array of names', given)
}

function checkMethods(given: RedisRPCServerOptions<string>['methods']): ReadonlyMap<string, MethodOptions> {
  if (given === undefined) return new Map()
  if (!isRecord(given)) throw new InvalidOptionError('methods', 'an object: options by the names of methods', given)
  const methods = new Map<string, MethodOptions>()
  for (const [name, options] of Object.entries(given)) {
    if (options === undefined) continue
    knownOptions(options, ['delivery', 'args', 'result'], `methods.${name}`)
    const { delivery } = options
    methods.set(name, {
      ...(delivery !== undefined && { delivery: checkDelivery(delivery) }),
      ...checkSchema(name, 'args', options.args),
      ...checkSchema(name, 'result', options.result),
    })
  }
  return methods
}

function checkSchema(method: string, option: 'args' | 'result', schema: unknown): Partial<MethodOptions> {
  if (schema === undefined) return {}
  if (isSchema(schema)) return { [option]: schema }
  throw new InvalidOptionError(
    `methods.${method}.${option}`,
    'a Standard Schema, as zod, valibot and arktype make them',
    schema,
  )
}
