import { InvalidOptionError, type Middleware, type MiddlewareCall, NotAuthorizedError } from '../index.ts'

/** Says whether a call may be made. */
export type AuthorizeCheck = (call: MiddlewareCall) => boolean | Promise<boolean>

/**
 * Lets a server run only what a check allows; other calls are refused with a `NotAuthorizedError` and not run. The check usually verifies a token
 * that the client sends as metadata. Callbacks and objects that were lent are asked about too (`call.kind` is `callback`).
 *
 * Anything but `true` refuses, and what the check throws is what the caller gets.
 *
 * @example
 * ```ts
 * import { RedisRPCServer } from 'redis-object-rpc'
 * import { authorize } from 'redis-object-rpc/middleware'
 *
 * const isAllowed = authorize(({ metadata, method }) => method === 'ping' || metadata.token === process.env.TOKEN)
 * new RedisRPCServer('redis://localhost', 'admin', {}, { use: [isAllowed] })
 * ```
 * @throws InvalidOptionError
 */
export function authorize(check: AuthorizeCheck): Middleware {
  if (typeof check !== 'function') throw new InvalidOptionError('check', 'a function', check)
  return async ({ call, next }) => {
    if ((await check(call)) === true) return next()
    throw new NotAuthorizedError(`${call.service}.${call.method}`)
  }
}
