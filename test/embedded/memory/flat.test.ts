import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { bundled } from '../../helpers/bundled.ts'
import type { Outcome } from './workloads.ts'

/** `EMBEDDED_MEMORY=full` takes a minute and the numbers that we promise; otherwise it is over in a few seconds. */
const FULL = process.env.EMBEDDED_MEMORY === 'full'
const [KEYS, CONNECTIONS] = FULL ? [1_000_000, 10_000] : [60_000, 600]

/**
 * What the heap may have grown by, which is compiled code and what V8 keeps for later. A leak of 50 bytes a key, or of
 * one kilobyte a connection, is more in the full run; in the short one it is of 50 bytes a key and 5 kilobytes a connection.
 */
const MARGIN_BYTES = 3_000_000

describe('memory of the embedded server', function () {
  this.timeout(FULL ? 300_000 : 60_000)
  let outcomes: readonly Outcome[]
  before(async () => {
    const script = bundled(new URL('workloads.ts', import.meta.url))
    const args = ['--expose-gc', script, `${KEYS}`, `${CONNECTIONS}`]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    outcomes = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Outcome)
    if (FULL) console.log(stdout)
  })

  const workloads: readonly (readonly [title: string, left?: Outcome['left']])[] = [
    ['keys that are set and deleted'],
    ['keys that expire'],
    ['bytes that are appended one by one, but by those', { 'keys of 0': 1 }],
    ['clients that come and go'],
  ]
  for (const [i, [title, left = {}]] of workloads.entries()) {
    it(`does not grow with ${title}`, () => {
      const { heapBytes } = outcomes[i]!
      expect(outcomes[i]!.left).to.deep.equal(left)
      expect(heapBytes[1] - heapBytes[0]).to.be.below(MARGIN_BYTES)
    })
  }
})
