import { MethodNotFoundError } from '../errors.ts'
import type { ServedContext } from '../rpc/call-context.ts'
import type { Asked, Incoming } from '../rpc/incoming.ts'
import type { Request } from '../wire/message.ts'
import { PIPE } from '../wire/reserved.ts'
import { argumentsOf, dispatch, prepare } from './dispatch.ts'
import { preparePipeline } from './pipeline/run.ts'
import type { Callable } from './pipeline/steps.ts'

/** How a server runs what is asked of it. */
export interface RunRequests {
  /** Runs a request, and returns what the method returned, perhaps a promise. */
  readonly dispatch: (request: Request, context?: ServedContext) => unknown
  /** The same in two steps: what throws in the first one has run nothing. */
  readonly prepare: (request: Request) => (context: ServedContext) => unknown
}

/** @param callable what may be run @param incoming undefined: there is no middleware, and nothing here asks for it again */
export function runRequests(callable: Callable, incoming: Incoming | undefined): RunRequests {
  return incoming === undefined ? plain(callable) : throughMiddleware(callable, incoming)
}

function plain(callable: Callable): RunRequests {
  const { service, methods, codec, objects } = callable
  const decodeArgs = (request: Request): readonly unknown[] => objects.decodeArgs(request, codec)
  return {
    dispatch: (request, context) => {
      if (request.on !== undefined) return objects.run(request, codec)
      if (request.method === PIPE) return preparePipeline(request, callable)(context)
      return dispatch(request, service, methods, decodeArgs)
    },
    prepare: (request) => {
      if (request.on !== undefined) return () => objects.run(request, codec)
      if (request.method === PIPE) return preparePipeline(request, callable)
      return prepare(request, service, methods, decodeArgs)
    },
  }
}

function throughMiddleware(callable: Callable, incoming: Incoming): RunRequests {
  const { service, methods, codec, objects } = callable
  const decodeArgs = (request: Request): readonly unknown[] => objects.decodeArgs(request, codec)
  /** What a request asks for; of a method that is not there the middleware learns too. */
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
  const steps = (request: Request): Callable['through'] => {
    return (step, context) => incoming.run(step, request, context)
  }
  return {
    dispatch: (request, context) => {
      // What waits for something that was lent is no call of the user's.
      if (context === undefined) return objects.run(request, codec)
      if (request.method === PIPE && request.on === undefined)
        return preparePipeline(request, { ...callable, through: steps(request) })(context)
      return incoming.run(asked(request), request, context)
    },
    prepare: (request) => {
      if (request.method === PIPE && request.on === undefined)
        return preparePipeline(request, { ...callable, through: steps(request) })
      const ready = asked(request)
      return (context) => incoming.runOnce(ready, request, context)
    },
  }
}
