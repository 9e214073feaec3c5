import { InvalidOptionError } from '../errors.ts'

/** A task or an event that passes through the middleware of one end. */
export interface MiddlewareMessage {
  /**
   * The uuid of a task or the id of an event. It is undefined while an event is published, since
   * Redis assigns the id; `next()` resolves with it.
   */
  readonly id: string | undefined
  /** The group whose reader handles the event; undefined: none. */
  readonly group: string | undefined
}

/** A call, a task or an event that passes through the middleware of one end. */
export interface MiddlewareCall {
  /** The service; of a function the prefix of its keys, of a task the queue, of an event the stream. */
  readonly service: string
  /**
   * The full dotted name of the method: `users.find`. For a property it is the property's name, for
   * an outgoing pipeline `rpc.pipe`, for a function that was passed or returned `callback`, and for
   * a task or an event `publish` or `process`.
   */
  readonly method: string
  /** Whether a method is called, or a property is read or written. */
  readonly access: 'call' | 'get' | 'set'
  /**
   * The arguments; you can replace them before `next()`. When a property is written they contain
   * its value, when it is read they are empty. For a task or an event they contain its content.
   */
  args: readonly unknown[]
  /**
   * Strings that are sent with the call. Writable for outgoing calls, before `next()`; frozen for
   * incoming calls.
   */
  readonly metadata: Record<string, string>
  /**
   * Fires when the caller aborts the call; for incoming calls also at the deadline and when the server
   * closes.
   */
  readonly signal: AbortSignal | undefined
  /** 1, or more if the call was repeated by `again()` or, for incoming calls, by the sender. */
  readonly attempt: number
  /** When the caller stops waiting, in ms since 1970 on this machine's clock; undefined: never. */
  readonly deadline: number | undefined
  /**
   * `callback`: the call goes to a function or object that was passed or returned, not to the
   * service. `notify`: the caller does not wait for an answer. A `call` becomes a `stream` when its
   * result is one. `publish` and `process`: a task or an event is published, or a handler processes
   * it.
   */
  readonly kind: 'call' | 'stream' | 'notify' | 'callback' | 'publish' | 'process'
  /** The task or event that is published or handled; undefined for calls. */
  readonly message: MiddlewareMessage | undefined
  /** `outgoing` at the end that makes the call, `incoming` at the end that runs it. */
  readonly direction: 'outgoing' | 'incoming'
  /**
   * For incoming calls: the caller's reply list, which identifies the caller; empty if there is
   * none, as for tasks.
   */
  readonly caller: string | undefined
}

/** The argument of a middleware. */
export interface MiddlewareStep {
  readonly call: MiddlewareCall
  /**
   * Passes the call to the next middleware, or after the last one to the other end or the method.
   * It never throws; the promise rejects with the error. It can be called once.
   */
  readonly next: () => Promise<unknown>
  /**
   * Passes the call on again, as another attempt, after the promise of `next()` or of the last
   * `again()` has settled.
   */
  readonly again: () => Promise<unknown>
}

/**
 * A function that runs around each call of an end, or around each task or event that is published
 * or handled. What it returns or throws is the result for the middleware before it and finally for
 * the caller. The same function can be used at both ends.
 *
 * @example
 * ```ts
 * import { type Middleware, RedisRPCClient } from 'redis-object-rpc'
 *
 * const timed: Middleware = async ({ call, next }) => {
 *   const began = performance.now()
 *   try {
 *     return await next()
 *   } finally {
 *     console.log(call.method, performance.now() - began)
 *   }
 * }
 * const client = new RedisRPCClient('redis://localhost', 'calc', { use: [timed] })
 * ```
 */
export type Middleware = (step: MiddlewareStep) => unknown

/** The option `use`, which all clients, servers, publishers and readers have. */
export interface MiddlewareOption {
  /**
   * Runs around each call, task or event; the first one is the outermost. See `docs/middleware.md`.
   * @defaultValue []
   */
  readonly use?: readonly Middleware[]
}

/** @throws InvalidOptionError */
export function checkUse({ use = [] }: MiddlewareOption): readonly Middleware[] {
  if (Array.isArray(use) && use.every((each) => typeof each === 'function')) return [...use]
  throw new InvalidOptionError('use', 'an array of functions', use)
}
