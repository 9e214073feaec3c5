import type { RunningRedis } from '../../helpers/backends.ts'
import { pipeCallsSuite } from './calls.suite.ts'
import { pipeRefusalsSuite } from './refusals.suite.ts'
import { shopPair } from './shop.ts'
import { pipeStepsSuite } from './steps.suite.ts'

/** What a pipeline promises, whatever Redis is between its ends. */
export function pipeSuite(redis: () => RunningRedis): void {
  const ends = shopPair(redis)
  pipeStepsSuite(ends)
  pipeCallsSuite(ends)
  pipeRefusalsSuite(ends)
}
