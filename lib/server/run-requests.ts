import { MethodNotFoundError } from '../errors.ts'
import type { HasContext, ServedContext } from '../rpc/serving/call-context.ts'
import type { Asked, Incoming } from '../rpc/serving/incoming.ts'
import type { Request } from '../wire/message.ts'
import { PIPE } from '../wire/reserved.ts'
import { argumentsOf, dispatch, prepare } from './dispatch.ts'
import { preparePipeline } from './pipeline/run.ts'
import type { CallTargets } from './pipeline/steps.ts'

/** How a server runs requests. */
export interface RunRequests {
  /** Runs a request and returns the result of the method, which may be a promise. */
  readonly dispatch: (request: Request, call?: HasContext) => unknown
  /** The same in two steps: if the first one throws, nothing has run. */
  readonly prepare: (request: Request) => (context: ServedContext) => unknown
}

/**
 * @param targets what may be run
 * @param incoming undefined: there is no middleware, and calls do not check for it again
 */
export function runRequests(targets: CallTargets, incoming: Incoming | undefined): RunRequests {
  return incoming === undefined ? plain(targets) : throughMiddleware(targets, incoming)
}

function plain(targets: CallTargets): RunRequests {
  const { service, methods, codec, objects } = targets
  const decodeArgs = (request: Request): readonly unknown[] => objects.decodeArgs(request, codec)
  return {
    dispatch: (request, call) => {
      if (request.on !== undefined) return objects.run(request, codec)
      if (request.method === PIPE) return preparePipeline(request, targets)(call?.context)
      return dispatch(request, service, methods, decodeArgs)
    },
    prepare: (request) => {
      if (request.on !== undefined) return () => objects.run(request, codec)
      if (request.method === PIPE) return preparePipeline(request, targets)
      return prepare(request, service, methods, decodeArgs)
    },
  }
}

function throughMiddleware(targets: CallTargets, incoming: Incoming): RunRequests {
  const { service, methods, codec, objects } = targets
  const decodeArgs = (request: Request): readonly unknown[] => objects.decodeArgs(request, codec)
  /**
   * The call of a request, for middleware; middleware also sees calls of methods that do not exist.
   */
  const asked = (request: Request): Asked => {
    if (request.on !== undefined) return objects.asked(request, codec)
    const name = request.method
    const method = methods.get(name)
    if (method !== undefined) return { name, isLent: false, args: argumentsOf(request, decodeArgs), run: method }
    const run = (): never => {
      throw new MethodNotFoundError(name, service)
    }
    return { name, isLent: false, args: [], run }
  }
  const steps = (request: Request): CallTargets['through'] => {
    return (step, context) => incoming.run(step, request, { context })
  }
  return {
    dispatch: (request, call) => {
      // Waiting for a lent signal is not a call of the user.
      if (call === undefined) return objects.run(request, codec)
      if (request.method === PIPE && request.on === undefined)
        return preparePipeline(request, { ...targets, through: steps(request) })(call.context)
      return incoming.run(asked(request), request, call)
    },
    prepare: (request) => {
      if (request.method === PIPE && request.on === undefined)
        return preparePipeline(request, { ...targets, through: steps(request) })
      const ready = asked(request)
      return (context) => incoming.runOnce(ready, request, { context })
    },
  }
}
