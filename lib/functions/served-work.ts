import type { Work } from '../chain/handling.ts'
import type { FunctionRequest } from './message.ts'
import type { Served } from './served.ts'

/**
 * A call of a function, for the middleware of its server.
 *
 * @param service the prefix of all keys
 * @param throwIfGivenUp asked before the function runs, which may be long after its request came
 */
export function workOf(
  service: string,
  { name, run }: Served,
  { kw, metadata, wantsResult }: FunctionRequest,
  throwIfGivenUp: () => void,
): Work {
  return {
    service,
    name,
    args: [kw],
    kind: wantsResult ? 'call' : 'notify',
    metadata,
    message: undefined,
    attempt: 1,
    signal: undefined,
    run([given]) {
      throwIfGivenUp()
      return run(given as FunctionRequest['kw'])
    },
  }
}
