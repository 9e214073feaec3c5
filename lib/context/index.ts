import { AsyncLocalStorage } from 'node:async_hooks'
import { type CallContext, contextHook, wantContexts } from '../rpc/serving/call-context.ts'

export type { CallContext }

// An AsyncLocalStorage slows down every promise of the process on Node 20, so only programs that
// import this module have one.
const storage = new AsyncLocalStorage<CallContext>()
contextHook.run = (context, method) => storage.run(context, method)
wantContexts()

/**
 * Returns the context of the call that the current method is running for; `undefined` outside a
 * call. It works across `await`.
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
