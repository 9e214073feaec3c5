import { callChannel, traced } from '../rpc/tracing.ts'
import { IterablePromise } from '../util/iterable-promise.ts'
import { askedMember } from '../wire/asked-member.ts'

/**
 * Makes a call and publishes it on the diagnostics channel `redis-object-rpc:call`.
 * @param path the name in the message
 * @param args the arguments in the message
 */
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
