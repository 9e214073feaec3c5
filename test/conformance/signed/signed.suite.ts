import type { RunningRedis } from '../../helpers/backends.ts'
import { signedCarriedSuite } from './carried.suite.ts'
import { Ends } from './ends.ts'
import { signedForgedSuite } from './forged.suite.ts'
import { signedSecretsSuite } from './secrets.suite.ts'

/** Who has no secret can neither call, nor answer, nor change what others say. */
export function signedSuite(redis: () => RunningRedis): void {
  const ends = new Ends(redis)
  signedCarriedSuite(ends)
  signedForgedSuite(ends)
  signedSecretsSuite(ends)
}
