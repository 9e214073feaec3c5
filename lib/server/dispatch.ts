import { MethodNotFoundError } from '../errors.ts'
import type { ExposedMethod } from '../expose/look-up.ts'
import type { Request } from '../wire/message.ts'

type DecodeArgs = (request: Request) => readonly unknown[]

/**
 * Runs a request and returns the result of the method, which may be a promise.
 * @throws MethodNotFoundError when the name is not in `methods`, or no longer refers to a function
 * @throws whatever the method throws
 */
export function dispatch(
  request: Request,
  service: string,
  methods: ReadonlyMap<string, ExposedMethod>,
  decodeArgs: DecodeArgs,
): unknown {
  const method = find(request, service, methods)
  return method(argumentsOf(request, decodeArgs))
}

/**
 * The same in two steps: if this one throws, nothing has run.
 * @throws MethodNotFoundError, ProtocolError, SerializationError
 */
export function prepare(
  request: Request,
  service: string,
  methods: ReadonlyMap<string, ExposedMethod>,
  decodeArgs: DecodeArgs,
): () => unknown {
  const method = find(request, service, methods)
  const args = argumentsOf(request, decodeArgs)
  return () => method(args)
}

function find({ method: name }: Request, service: string, methods: ReadonlyMap<string, ExposedMethod>): ExposedMethod {
  const method = methods.get(name)
  if (method === undefined) throw new MethodNotFoundError(name, service)
  return method
}

/**
 * The arguments of a request, as passed to its method.
 * @throws ProtocolError, SerializationError
 */
export function argumentsOf(request: Request, decodeArgs: DecodeArgs): readonly unknown[] {
  const args = decodeArgs(request)
  // Named arguments come from classic callers; the method gets them as one last object.
  return request.kwargs === undefined || Object.keys(request.kwargs).length === 0 ? args : [...args, request.kwargs]
}
