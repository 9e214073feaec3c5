import { InvalidOptionError } from '../errors.ts'

/** A task or an event on its way through the middleware of one end. */
export interface MiddlewareMessage {
  /** The uuid of a task, the id of an event; undefined while an event is published, since Redis gives the id: `next()` resolves with it. */
  readonly id: string | undefined
  /** The group whose reader handles an event; undefined: it is not a group's. */
  readonly group: string | undefined
}

/** A call, a task or an event on its way through the middleware of one end. */
export interface MiddlewareCall {
  /** The service; of a function the prefix of its keys, of a task the queue, of an event the stream. */
  readonly service: string
  /**
   * What is called, with its full dotted name: `users.find`. Of a property it is the property's name, of a pipeline on its way out
   * `rpc.pipe`, of a function that was passed or returned `callback`, and of a task or an event `publish` or `process`.
   */
  readonly method: string
  /** Whether the method is called, or a property is read or written. */
  readonly access: 'call' | 'get' | 'set'
  /**
   * May be replaced before `next()`. Of a property that is written it holds the value, of one that is read it is empty; of a task or an
   * event it holds the content.
   */
  args: readonly unknown[]
  /** What travels with the call. Writable on the way out, before `next()`; frozen on the way in. */
  readonly metadata: Record<string, string>
  /** Fires when the caller gives the call up; on the way in also at the deadline, and when the server closes. */
  readonly signal: AbortSignal | undefined
  /** 1, and more when the call was made again: by `again()`, or, on the way in, by whoever sent it. */
  readonly attempt: number
  /** When the caller stops waiting, in ms since 1970 on this machine's clock; undefined: never. */
  readonly deadline: number | undefined
  /**
   * `callback`: a function or an object that has been passed or returned is called, and not the service. `notify`: nobody waits for an
   * answer. A `call` becomes a `stream` once it turns out to answer with one. `publish` and `process`: a task or an event is published, or
   * a handler runs on it.
   */
  readonly kind: 'call' | 'stream' | 'notify' | 'callback' | 'publish' | 'process'
  /** The task or the event that is published or handled; undefined: it is a call. */
  readonly message: MiddlewareMessage | undefined
  /** `outgoing` at the end that calls, `incoming` at the end that runs it. */
  readonly direction: 'outgoing' | 'incoming'
  /** On the way in: the list that the caller gets its answers on, which tells callers apart; empty where there is none, as with tasks. */
  readonly caller: string | undefined
}

/** What a middleware gets. */
export interface MiddlewareStep {
  readonly call: MiddlewareCall
  /**
   * Passes the call on: to the next middleware, and after the last one to the other end or to the method. It never throws; the promise rejects with
   * what went wrong. It can be called once.
   */
  readonly next: () => Promise<unknown>
  /** Passes the call on once more, as another attempt, after the promise of `next()` or of the last `again()` has settled. */
  readonly again: () => Promise<unknown>
}

/**
 * Code around each call of an end, or around what is published or handled. What it returns, or throws, is the result of the call: for the middleware before it, and in the end for
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

/** The option of everything that calls or serves, publishes or handles. */
export interface MiddlewareOption {
  /** Runs around each call, task or event; the first one is the outermost. See `docs/middleware.md`. @defaultValue [] */
  readonly use?: readonly Middleware[]
}

/** @throws InvalidOptionError */
export function checkUse({ use = [] }: MiddlewareOption): readonly Middleware[] {
  if (Array.isArray(use) && use.every((each) => typeof each === 'function')) return [...use]
  throw new InvalidOptionError('use', 'an array of functions', use)
}
