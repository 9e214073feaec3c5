import { callChannel, traced } from '../rpc/tracing.ts'
import { IterablePromise } from '../util/iterable-promise.ts'
import { GET, SET } from '../wire/reserved.ts'

/** Makes a call, and tells `redis-object-rpc:call` of it. @param path as it travels @param args what goes with it */
export function tracedCall(
  service: string,
  path: string,
  args: readonly unknown[],
  kind: 'call' | 'notify',
  send: () => Promise<unknown>,
): Promise<unknown> {
  const isProperty = path === GET || path === SET
  const trace = {
    service,
    method: isProperty ? String(args[0]) : path,
    access: isProperty ? (path === GET ? ('get' as const) : ('set' as const)) : ('call' as const),
    kind,
    args: isProperty ? args.slice(1) : args,
  }
  return new IterablePromise((resolve) => resolve(traced(callChannel, trace, send)))
}
