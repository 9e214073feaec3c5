import { InvalidOptionError, type Middleware, type MiddlewareCall, NotAuthorizedError } from '../index.ts'

/** Decides whether a call is allowed. */
export type AuthorizeCheck = (call: MiddlewareCall) => boolean | Promise<boolean>

/**
 * Lets a server run only the calls that a check allows; others are refused with a
 * `NotAuthorizedError`. The check usually verifies a token that the client sends as metadata. It
 * also runs for calls of lent functions and objects (`call.kind` is `callback`).
 *
 * Any result other than `true` refuses the call. If the check throws, the caller gets that error.
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
