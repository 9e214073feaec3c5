import { InvalidOptionError, type Middleware, type MiddlewareCall } from '../index.ts'

/** A policy as in cockatiel: it runs a function, or refuses to. */
export interface Policy {
  execute<T>(run: () => Promise<T>): Promise<T>
}

/**
 * Runs calls through a policy, one for each service. A circuit breaker stops calling a service that
 * keeps failing. Breakers are hard to get right, so this accepts those of
 * [cockatiel](https://www.npmjs.com/package/cockatiel), or any object with the same `execute`; its
 * bulkheads, time-outs and fallbacks work too.
 *
 * @param makePolicy called on the first call to each service
 * @param isFailure whether an error counts as a failure of the service; the policy does not see
 * other errors.
 * @defaultValue every error counts
 *
 * @example
 * ```ts
 * import { RedisRPC } from 'redis-object-rpc'
 * import { circuitBreaker } from 'redis-object-rpc/middleware'
 * import { ConsecutiveBreaker, circuitBreaker as breaker, handleAll } from 'cockatiel'
 *
 * const policy = () => breaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) })
 * const rpc = new RedisRPC('redis://localhost', { use: [circuitBreaker(policy)] })
 * ```
 * @throws InvalidOptionError
 */
export function circuitBreaker(
  makePolicy: (call: MiddlewareCall) => Policy,
  isFailure: (error: unknown) => boolean = () => true,
): Middleware {
  if (typeof makePolicy !== 'function') throw new InvalidOptionError('makePolicy', 'a function', makePolicy)
  const policies = new Map<string, Policy>()
  return async ({ call, next }) => {
    let policy = policies.get(call.service)
    if (policy === undefined) {
      policy = makePolicy(call)
      policies.set(call.service, policy)
    }
    const outcome = await policy.execute<{ readonly result: unknown } | { readonly error: unknown }>(async () => {
      try {
        return { result: await next() }
      } catch (error) {
        if (isFailure(error)) throw error
        return { error }
      }
    })
    if ('error' in outcome) throw outcome.error
    return outcome.result
  }
}
