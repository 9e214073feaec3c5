import { AsyncLocalStorage } from 'node:async_hooks'
import { type CallContext, contextHook } from '../rpc/call-context.ts'

export type { CallContext }

// An AsyncLocalStorage slows every promise of the process on Node 20, so only who imports this module has one.
const storage = new AsyncLocalStorage<CallContext>()
contextHook.run = (context, method) => storage.run(context, method)

/**
 * The context of the call that the running method answers; undefined outside of one. It follows the method through its `await`s.
 *
 * @example
 * ```ts
 * import { callContext } from 'redis-object-rpc/context'
 *
 * class Reports {
 *   async build() {
 *     return fetch('https://example.com/data', { signal: callContext()?.signal ?? null })
 *   }
 * }
 * ```
 */
export function callContext(): CallContext | undefined {
  return storage.getStore()
}
