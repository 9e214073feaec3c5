import { callChannel, traced } from '../rpc/tracing.ts'
import { IterablePromise } from '../util/iterable-promise.ts'
import { askedMember } from '../wire/asked-member.ts'

/** Makes a call, and tells `redis-object-rpc:call` of it. @param path as it travels @param args what goes with it */
export function tracedCall(
  service: string,
  path: string,
  args: readonly unknown[],
  kind: 'call' | 'notify',
  send: () => Promise<unknown>,
): Promise<unknown> {
  const trace = { service, ...askedMember(path, args), kind }
  return new IterablePromise((resolve) => resolve(traced(callChannel, trace, send)))
}
