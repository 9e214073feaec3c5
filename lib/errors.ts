/**
 * The one error family. Callers branch on `code`, never on text; facts are fields; `cause` is the
 * underlying error. `docs/errors.md` lists every code, and a test compares the two.
 */
import { isProxy } from 'node:util/types'

/** Base class of all errors of this library. */
export class RpcError extends Error {
  override readonly name: string = 'RpcError'
  /** Stable, never reused; `ERR_` and capitals. */
  readonly code: string = 'ERR_RPC'
}

const BRAND = Symbol.for('redis-object-rpc.error')
Object.defineProperty(RpcError.prototype, BRAND, { value: true })

/**
 * Whether an error is of this family. Unlike `instanceof`, it also works across two installed
 * copies of this package.
 */
export function isRpcError(error: unknown): error is RpcError {
  return typeof error === 'object' && error !== null && BRAND in error
}

/** An option is invalid. */
export class InvalidOptionError extends RpcError {
  override readonly name = 'InvalidOptionError'
  override readonly code = 'ERR_INVALID_OPTION'
  /** Name of the option. */
  readonly option: string

  constructor(option: string, accepts: string, got: unknown, options?: ErrorOptions) {
    super(`${option} must be ${accepts}, got ${describe(got)}`, options)
    this.option = option
  }
}

/**
 * Redis could not be reached, or refused the connection or command, before the message was sent.
 * The remote method certainly did not run.
 */
export class ConnectionError extends RpcError {
  override readonly name = 'ConnectionError'
  override readonly code = 'ERR_CONNECTION'
}

/**
 * The connection was lost after the message was written and before Redis confirmed it, so the
 * remote method may or may not run. The message is not sent again automatically; that is the
 * caller's decision.
 */
export class DeliveryUnknownError extends RpcError {
  override readonly name = 'DeliveryUnknownError'
  override readonly code = 'ERR_DELIVERY_UNKNOWN'
}

/** Errors of a message that did not reach Redis, or may not have. */
export type DeliveryError = ConnectionError | DeliveryUnknownError | ClosedError

/**
 * There was no answer within the time-out. The remote method may have run, or may still be running.
 */
export class TimeoutError extends RpcError {
  override readonly name = 'TimeoutError'
  override readonly code = 'ERR_TIMEOUT'
  /** What the caller waited for: the name of a method or function, or a key. */
  readonly operation: string
  readonly timeoutMs: number

  constructor(operation: string, timeoutMs: number, options?: ErrorOptions) {
    super(`${operation} was not answered within ${timeoutMs} ms`, options)
    this.operation = operation
    this.timeoutMs = timeoutMs
  }
}

/**
 * The service had no server for `noServerTimeoutMs`. The request was withdrawn, so the method did
 * not run.
 */
export class NoServerError extends RpcError {
  override readonly name = 'NoServerError'
  override readonly code = 'ERR_NO_SERVER'
  readonly service: string

  constructor(service: string, waitedMs: number) {
    super(`no server of ${service} ${waitedMs === 0 ? 'is there' : `was there for ${waitedMs} ms`}`)
    this.service = service
  }
}

/**
 * A server that may have begun the call died, hangs, or was disconnected from Redis for longer than
 * its lease. The method may have run, or may still be running; no other server has run it.
 */
export class ServerLostError extends RpcError {
  override readonly name = 'ServerLostError'
  override readonly code = 'ERR_SERVER_LOST'
  /** What was called. */
  readonly operation: string

  constructor(operation: string) {
    super(`${operation} may have been running on a server that is gone`)
    this.operation = operation
  }
}

/**
 * A borrowed function, object, signal or stream is no longer available: it was released, or its
 * owner has closed, died or never lent it. Nothing was run for this call, unless the cause is a
 * lost server.
 */
export class ReferenceLostError extends RpcError {
  override readonly name = 'ReferenceLostError'
  override readonly code = 'ERR_REFERENCE_LOST'

  /** @param what the borrowed thing: `a function of calc` */
  constructor(what: string, reason: string, options?: ErrorOptions) {
    super(`${what} is gone: ${reason}`, options)
  }
}

/** An end would lend or borrow more than its limit allows. Existing references keep working. */
export class ReferenceLimitError extends RpcError {
  override readonly name = 'ReferenceLimitError'
  override readonly code = 'ERR_REFERENCE_LIMIT'
  /** The option: `maxReferences` or `maxStreams`. */
  readonly limit: string
  readonly maximum: number

  /** @param of whose limit it is: `the client of calc` */
  constructor(limit: string, maximum: number, of: string) {
    super(`${of} has ${maximum} references already, which is its ${limit}; release some, or raise the limit`)
    this.limit = limit
    this.maximum = maximum
  }
}

/** Too many calls are waiting, or this one has waited too long. It did not run; try again later. */
export class BusyError extends RpcError {
  override readonly name = 'BusyError'
  override readonly code = 'ERR_BUSY'
  readonly service: string

  constructor(service: string, problem: string) {
    super(`${service} is busy: ${problem}`)
    this.service = service
  }
}

/**
 * This caller is not allowed to call the method, which did not run. The middleware `authorize`
 * throws it.
 */
export class NotAuthorizedError extends RpcError {
  override readonly name = 'NotAuthorizedError'
  override readonly code = 'ERR_NOT_AUTHORIZED'
  /** What was called: `calc.add`. */
  readonly operation: string

  constructor(operation: string) {
    super(`${operation} is not allowed for this caller`)
    this.operation = operation
  }
}

/** The idempotency key was used before for another method or other arguments. Nothing was run. */
export class IdempotencyError extends RpcError {
  override readonly name = 'IdempotencyError'
  override readonly code = 'ERR_IDEMPOTENCY'
  /** What was called. */
  readonly operation: string

  constructor(operation: string) {
    super(`${operation} was called with an idempotency key that was already used for another method or other arguments`)
    this.operation = operation
  }
}

/** This end was closed, before the call or during it. */
export class ClosedError extends RpcError {
  override readonly name = 'ClosedError'
  override readonly code = 'ERR_CLOSED'
}

/** One thing that is wrong with the arguments or the result of a call. */
export interface ValidationIssue {
  readonly message: string
  /**
   * The path to the invalid value, from the array of arguments or from the result: `[0, 'price']`.
   */
  readonly path: readonly (string | number)[]
}

/**
 * The arguments or the result of a call do not match the method's schema. If the arguments are
 * invalid, the method did not run.
 */
export class ValidationError extends RpcError {
  override readonly name = 'ValidationError'
  override readonly code = 'ERR_VALIDATION'
  /** What was called: `calc.add`. */
  readonly operation: string
  /** What was wrong. */
  readonly on: 'args' | 'result'
  /** At most 20 of them. */
  readonly issues: readonly ValidationIssue[]

  constructor(operation: string, on: 'args' | 'result', issues: readonly ValidationIssue[]) {
    const [first] = issues
    const at = (first?.path ?? []).map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
    super(
      `${operation}: ${on === 'args' ? 'the arguments are' : 'the result is'} not valid: ${on}${at}: ${first?.message}`,
    )
    this.operation = operation
    this.on = on
    this.issues = issues
  }
}

/** The remote object has no such method or property, or does not expose it. */
export class MethodNotFoundError extends RpcError {
  override readonly name = 'MethodNotFoundError'
  override readonly code = 'ERR_METHOD_NOT_FOUND'
  readonly method: string
  /** The service, if known. */
  readonly service: string | undefined

  /** @param problem replaces the default message */
  constructor(method: string, service?: string, missing: Missing = 'method', problem?: string) {
    const server = service === undefined ? 'the server' : `the server of ${service}`
    const [what, why] = MISSING[missing] ?? MISSING.method
    super(problem ?? `${server} exposes no ${what} ${quote(method)}: ${why}`)
    this.method = method
    this.service = service
  }
}

/** The function passed to `pipe()` does something that cannot be recorded. Nothing was sent. */
export class PipelineError extends RpcError {
  override readonly name = 'PipelineError'
  override readonly code = 'ERR_PIPELINE'
}

/**
 * A middleware misbehaved: it passed a call on twice, or replaced the arguments with something
 * other than an array.
 */
export class MiddlewareError extends RpcError {
  override readonly name = 'MiddlewareError'
  override readonly code = 'ERR_MIDDLEWARE'
}

/**
 * A message is larger or more deeply nested than the limits allow. It was not sent, or not parsed.
 */
export class MessageTooLargeError extends RpcError {
  override readonly name = 'MessageTooLargeError'
  override readonly code = 'ERR_MESSAGE_TOO_LARGE'
  /** Which limit: `maxMessageBytes` or `maxDepth`. */
  readonly limit: string
  readonly maximum: number

  /**
   * @param actual its size in bytes, or a lower bound of it
   * @param of whose limit it is: `the client of calc`
   */
  constructor(limit: 'maxMessageBytes' | 'maxDepth', maximum: number, actual?: number, of?: string) {
    const allowed = `that ${limit}${of === undefined ? '' : ` of ${of}`} allows`
    const bytes = actual === undefined ? 'more bytes than' : `at least ${actual} bytes, more than`
    super(
      limit === 'maxDepth'
        ? `the message nests deeper than the ${maximum} levels ${allowed}; send a flatter value`
        : `the message takes ${bytes} the ${maximum} ${allowed}; send less at once, or raise the limit of both ends`,
    )
    this.limit = limit
    this.maximum = maximum
  }
}

/** A value cannot be encoded without losing something, so it was refused. */
export class SerializationError extends RpcError {
  override readonly name = 'SerializationError'
  override readonly code = 'ERR_SERIALIZATION'
  /** Where in the arguments or the result: `args[0].when`, `return_value.rows[3]`. */
  readonly path: string

  /** @param at the end where it happened: `the client of calc` */
  constructor(path: string, problem: string, options?: ErrorOptions, at?: string) {
    super(`${path}${at === undefined ? '' : ` at ${at}`}: ${problem}`, options)
    this.path = path
  }
}

/** The other end sent something that is not a valid message of this protocol. */
export class ProtocolError extends RpcError {
  override readonly name = 'ProtocolError'
  override readonly code = 'ERR_PROTOCOL'
}

/** A key in Redis contains data that neither this library nor its peers write there. */
export class InvalidDataError extends RpcError {
  override readonly name = 'InvalidDataError'
  override readonly code = 'ERR_INVALID_DATA'
  /** The key. */
  readonly key: string
  /**
   * The part of the key: a field, the id of a stream entry, the uuid of a task; undefined if there
   * are no parts.
   */
  readonly id: string | undefined

  constructor(key: string, id: string | undefined, problem: string, options?: ErrorOptions) {
    super(`${key}${id === undefined ? '' : ` (${id})`} holds invalid data: ${problem}`, options)
    this.key = key
    this.id = id
  }
}

/** A key holds a Redis type other than the one it must have. */
export class WrongTypeError extends RpcError {
  override readonly name = 'WrongTypeError'
  override readonly code = 'ERR_WRONG_TYPE'
  readonly key: string
  /** `list`, `hash`, `stream`, `zset`, `string` or `set`. */
  readonly expected: string
  /** What `TYPE` says it is. */
  readonly actual: string

  constructor(key: string, expected: string, actual: string, options?: ErrorOptions) {
    super(`${key} must be a ${expected} in Redis and is a ${actual}`, options)
    this.key = key
    this.expected = expected
    this.actual = actual
  }
}

/** The Redis server lacks a required command. Nothing was written. */
export class UnsupportedError extends RpcError {
  override readonly name = 'UnsupportedError'
  override readonly code = 'ERR_UNSUPPORTED'
  /** The command the server does not know. */
  readonly command: string

  constructor(command: string, problem: string, options?: ErrorOptions) {
    super(`the Redis server has no ${command}: ${problem}`, options)
    this.command = command
  }
}

/**
 * A task or an event no longer belongs to this reader: it took too long or counted as dead, and
 * another reader may have it.
 */
export class LeaseLostError extends RpcError {
  override readonly name = 'LeaseLostError'
  override readonly code = 'ERR_LEASE_LOST'
  readonly key: string
  /** The task's uuid or the event's id. */
  readonly id: string

  constructor(key: string, id: string, reason: string, options?: ErrorOptions) {
    super(`${key} (${id}) no longer belongs to this reader: ${reason}`, options)
    this.key = key
    this.id = id
  }
}

/**
 * The embedded server cannot load its append-only file: the file is damaged before its end, or
 * contains something that the server does not support.
 */
export class AppendOnlyFileError extends RpcError {
  override readonly name = 'AppendOnlyFileError'
  override readonly code = 'ERR_APPEND_ONLY_FILE'
  /** The file. */
  readonly path: string
  /** The offset in the file at which the problem begins, in bytes. */
  readonly offset: number

  constructor(path: string, offset: number, problem: string, options?: ErrorOptions) {
    super(`${path}: ${problem} at byte ${offset}`, options)
    this.path = path
    this.offset = offset
  }
}

/**
 * The remote method threw an error whose class is not known here. `name` is the name of that class;
 * `message`, `cause`, `code` and own plain fields are those of the original error. If that has no
 * `code`, it is `ERR_REMOTE`.
 */
export class RemoteError extends RpcError {
  override name = 'RemoteError'
  override code = 'ERR_REMOTE'
}

const NOT_EXPOSED = 'either the name is misspelt, or the option "expose" of that server has to list it'

type Missing = 'method' | 'property' | 'writable property' | 'method any more' | 'property any more'

/** What is missing, and why. */
const MISSING: Readonly<Record<Missing, readonly [what: string, why: string]>> = {
  method: ['method', NOT_EXPOSED],
  property: ['property', NOT_EXPOSED],
  'writable property': ['writable property', 'the options "expose" and "writable" of that server have to list it'],
  'method any more': ['method', 'it existed when the server was created, and is no longer a function'],
  'property any more': ['property', 'it existed when the server was created'],
}

/** Quotes a text, shortened if it is long: a caller may send any name. */
function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}

/** Describes a value for a message: short, never its whole content. */
function describe(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'bigint') return `${value}n`
  if (isProxy(value)) return 'a Proxy'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return String(value)
}
