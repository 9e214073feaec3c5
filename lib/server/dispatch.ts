import { MethodNotFoundError } from '../errors.ts'
import type { ExposedMethod } from '../expose/look-up.ts'
import { PING, type Request } from '../wire/message.ts'

/**
 * Runs a request and returns what the method returned, perhaps a promise.
 * @throws MethodNotFoundError when the name is not in `methods`, or means no function any more
 * @throws whatever the method throws
 */
export function dispatch(
  request: Request,
  service: string,
  methods: ReadonlyMap<string, ExposedMethod>,
  decodeArgs: (request: Request) => readonly unknown[],
): unknown {
  if (request.method === PING) return null
  const method = methods.get(request.method)
  if (method === undefined) throw new MethodNotFoundError(request.method, service)
  const args = decodeArgs(request)
  // Named arguments come from classic callers; they reach the method as one last object.
  return method(
    request.kwargs === undefined || Object.keys(request.kwargs).length === 0 ? args : [...args, request.kwargs],
  )
}
