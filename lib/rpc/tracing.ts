import { tracingChannel } from 'node:diagnostics_channel'
import { isThenable } from '../util/running.ts'
import { askedMember } from '../wire/asked-member.ts'
import type { Request } from '../wire/message.ts'
import type { CallContext } from './serving/call-context.ts'

/** The common fields of the messages on both channels. */
interface Trace {
  readonly service: string
  /**
   * The full dotted name of the method or property; `rpc.pipe` for a pipeline, `callback` for a
   * lent function.
   */
  readonly method: string
  /** Whether a method is called, or a property is read or written. */
  readonly access: 'call' | 'get' | 'set'
  /**
   * `callback`: the call goes to a lent function or object, not to the service. `notify`: the
   * caller does not wait for an answer.
   */
  readonly kind: 'call' | 'notify' | 'callback'
  /** The result; available from `end` on, or from `asyncStart` on if it is asynchronous. */
  result?: unknown
  /** The error that was thrown. */
  error?: unknown
}

/** A message on the tracing channel `redis-object-rpc:call`: a call that a client makes. */
export interface CallTrace extends Trace {
  readonly args: readonly unknown[]
}

/**
 * A message on the tracing channel `redis-object-rpc:serve`: a call that this server runs. Its
 * arguments are not decoded yet.
 */
export interface ServeTrace extends Trace {
  readonly context: CallContext
}

/** A channel of node:diagnostics_channel. */
interface Channel {
  publish(message: unknown): void
  runStores<R>(context: unknown, run: () => R): R
}

/**
 * What is used of Node's `TracingChannel`. That one has its type parameters in another order since
 * `@types/node` 26.
 */
interface TraceChannel {
  readonly hasSubscribers: boolean
  readonly start: Channel
  readonly end: Channel
  readonly asyncStart: Channel
  readonly asyncEnd: Channel
  readonly error: Channel
}

/** `redis-object-rpc:call`. @see https://nodejs.org/api/diagnostics_channel.html#class-tracingchannel */
export const callChannel: TraceChannel = tracingChannel('redis-object-rpc:call') as TraceChannel
/** `redis-object-rpc:serve`. */
export const serveChannel: TraceChannel = tracingChannel('redis-object-rpc:serve') as TraceChannel

/** The message for a request that is run here. */
export function serveTrace(service: string, request: Request, context: CallContext): ServeTrace {
  const { on, options } = request
  const kind = on !== undefined ? 'callback' : options.notify === true ? 'notify' : 'call'
  const { method, access } = askedMember(request.method, request.args)
  return { service, method, access, kind, context }
}

/**
 * Runs a function that returns a value or a promise, and publishes on a channel like `traceSync`
 * and `tracePromise` combined.
 */
export function traced(channel: TraceChannel, trace: Trace, run: () => unknown): unknown {
  const { start, end, asyncStart, asyncEnd, error } = channel
  return start.runStores(trace, () => {
    try {
      const result = run()
      if (isThenable(result)) return Promise.resolve(result).then(succeeded, failed)
      trace.result = result
      return result
    } catch (thrown) {
      trace.error = thrown
      error.publish(trace)
      throw thrown
    } finally {
      end.publish(trace)
    }
  })

  function succeeded(result: unknown): unknown {
    trace.result = result
    asyncStart.publish(trace)
    asyncEnd.publish(trace)
    return result
  }

  function failed(thrown: unknown): never {
    trace.error = thrown
    error.publish(trace)
    asyncStart.publish(trace)
    asyncEnd.publish(trace)
    throw thrown
  }
}
