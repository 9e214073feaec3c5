import fc from 'fast-check'
import { needReferenceRedis } from '../helpers/reference-redis.ts'
import { type Agree, type Argv, Both } from './both.ts'
import { SEED } from './seed.ts'

/** Commands in one script; data builds up within it. */
const PER_SCRIPT = 80
/** How many commands each suite sends; more takes longer and finds more. */
const COMMANDS = Number(process.env.DIFFERENTIAL_COMMANDS ?? 4000)

const DIGEST: Argv = ['DEBUG', 'DIGEST']

/** What a suite compares. */
export interface Subject {
  readonly title: string
  /** Steps of a script: each a few commands that belong together. */
  readonly steps: fc.Arbitrary<readonly Argv[]>
  /** What every script ends with, to see what it left. */
  readonly inspection: readonly Argv[]
  readonly agree: Agree
  /** Whether both hold the same data in the end, whatever chance and time did, so that its digests are compared too. */
  readonly isCertain?: boolean
  /** Classes of keyspace events to compare; all unless told. */
  readonly events?: string
  /** Whether a write that was passed on depends on chance. */
  isRandom?(write: string): boolean
  /** Replaces what depends on the time of day in a reply or a write. */
  normalize?(text: string): string
}

/** Declares a test that sends random commands to the embedded server and to a real Redis and compares everything. */
export function differentialSuite(subject: Subject): void {
  const { title, steps, agree, isRandom, normalize, events } = subject
  // As it is, and as writing it to disk and reading it again leaves it.
  const inspection = subject.isCertain
    ? [...subject.inspection, DIGEST, ['DEBUG', 'RELOAD'], DIGEST, ...subject.inspection]
    : subject.inspection
  describe(`${title}, compared with Redis`, function () {
    this.timeout(60_000 + COMMANDS * 5)
    let both: Both
    before(async function () {
      needReferenceRedis.call(this)
      both = await Both.start(events)
    })
    after(() => both?.[Symbol.asyncDispose]())

    it('answers, notifies and passes on the same', async () => {
      const scripts = fc.array(steps, { minLength: 1, maxLength: PER_SCRIPT, size: 'max' })
      let sent = 0
      const property = fc.asyncProperty(fc.constantFrom(2 as const, 3 as const), scripts, async (protocol, drawn) => {
        const script = [...drawn.flat(), ...inspection]
        sent += script.length
        await both.compare(protocol, script, agree, isRandom, normalize)
      })
      const numRuns = Math.ceil(COMMANDS / (PER_SCRIPT / 2 + inspection.length))
      await fc.assert(property, { numRuns, seed: SEED, endOnFailure: false })
      if (process.env.DIFFERENTIAL_COMMANDS !== undefined) console.log(`      ${sent} commands`)
    })
  })
}
