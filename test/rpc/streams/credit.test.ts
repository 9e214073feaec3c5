import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import * as fc from 'fast-check'
import type { Pull } from '../../../lib/rpc/streams/messages.ts'
import { type InMemoryStream, inMemory } from './in-memory.ts'

/** What is tried: the producer's and the reader's side of one stream. */
interface Play {
  /** Sizes of the items, in bytes of JSON. */
  readonly sizes: readonly number[]
  /** Before which item the iterator fails; undefined: it does not. */
  readonly failsAt: number | undefined
  /** How the reader leaves, after so many items. */
  readonly leaves: { readonly after: number; readonly how: 'return' | 'throw' } | undefined
  /** How many turns each item, and each read, takes: in turn. */
  readonly makeTurns: readonly number[]
  readonly readTurns: readonly number[]
  /** Turns that each pull and each answer is on its way. */
  readonly wireTurns: readonly number[]
}

const WINDOW = 400

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await setImmediate()
}

/** Plays it to its end, and checks all along that no more is on its way or unread than the window allows. */
async function play({ sizes, failsAt, leaves, makeTurns, readTurns, wireTurns }: Play): Promise<void> {
  const made: string[] = []
  const read: string[] = []
  let finals = 0
  let wired = 0
  const failure = new Error('the iterator failed')
  const text = (i: number): string => `${i}`.padEnd((sizes[i] ?? 0) - 2, '.')
  async function* generate(): AsyncGenerator<string, void> {
    try {
      for (let i = 0; i <= sizes.length; i++) {
        const wait = makeTurns[i % makeTurns.length] ?? 0
        if (wait > 0) await turns(wait)
        if (i === failsAt) throw failure
        if (i === sizes.length) return
        made.push(text(i))
        yield text(i)
      }
    } finally {
      finals++
    }
  }
  const delay = (): Promise<void> => turns(wireTurns[wired++ % wireTurns.length] ?? 0)
  const arrived: number[] = []
  const stream: InMemoryStream = inMemory(generate(), {
    windowBytes: WINDOW,
    onPull: delay,
    onAnswer: async (answer) => {
      await delay()
      const { items } = JSON.parse(answer) as { items: string[] }
      arrived.push(...items.map((item) => item.length + 2))
      return answer
    },
  })
  const check = (): void => {
    const bytes = made.slice(read.length).reduce((sum, item) => sum + item.length + 3, 0)
    // An item larger than half the window goes by itself; one more is made, and waits at the producer for a pull.
    const largest = Math.max(0, ...made.map((item) => item.length + 3))
    expect(bytes, 'more than the window is unread').to.be.at.most(WINDOW + largest * (largest > WINDOW / 2 ? 3 : 1))
  }
  let outcome = 'done'
  for (;;) {
    check()
    if (leaves !== undefined && read.length === leaves.after) {
      outcome = leaves.how
      await stream.reader[leaves.how](leaves.how === 'throw' ? failure : undefined).catch((error) => {
        expect(error).to.equal(failure)
      })
      break
    }
    try {
      const result = await stream.reader.next()
      if (result.done === true) break
      read.push(result.value as string)
      check()
    } catch (error) {
      expect(error).to.equal(failure)
      outcome = 'failed'
      break
    }
    await turns(readTurns[read.length % readTurns.length] ?? 0)
  }
  const last = failsAt ?? sizes.length
  const isLeft = leaves !== undefined && leaves.after <= last
  expect(outcome).to.equal(isLeft ? leaves.how : failsAt === undefined ? 'done' : 'failed')
  expect(read, 'each item once, in order').to.deep.equal(
    Array.from({ length: isLeft ? leaves.after : last }, (_, i) => text(i)),
  )
  expect(await stream.reader.next()).to.deep.equal({ done: true, value: undefined })
  for (let turn = 0; turn < 50 && (stream.overs.length < 2 || finals < (made.length > 0 ? 1 : 0)); turn++)
    await turns(1)
  expect(stream.overs.sort(), 'both ends are over').to.deep.equal(['reader', 'source'])
  expect(finals, 'finally ran once').to.equal(made.length > 0 || !isLeft ? 1 : finals)
  expect(finals).to.be.at.most(1)
  await turns(6)
  stream.clock.advance(200)
  expect(stream.clock.pending, 'timers left').to.equal(0)
  const seqs = stream.pulls.map(({ seq }: Pull) => seq)
  expect(seqs).to.deep.equal(seqs.map((_, i) => i))
}

describe('the credit of a stream', function () {
  this.timeout(120_000)

  const rhythms = [[0], [1], [0, 2]]
  for (const size of [20, 150, 700]) {
    it(`holds for up to six items of ${size} bytes, however either end stops`, async () => {
      for (let count = 0; count <= 6; count++) {
        for (let failsAt = -1; failsAt <= count; failsAt++) {
          const plays: Promise<void>[] = []
          for (let after = -1; after <= count; after++) {
            for (const how of ['return', 'throw'] as const) {
              if (after === -1 && how === 'throw') continue
              for (const makeTurns of rhythms)
                for (const readTurns of rhythms)
                  for (const wireTurns of [[0], [2, 0, 0, 1]])
                    plays.push(
                      play({
                        sizes: Array<number>(count).fill(size),
                        failsAt: failsAt === -1 ? undefined : failsAt,
                        leaves: after === -1 ? undefined : { after, how },
                        makeTurns,
                        readTurns,
                        wireTurns,
                      }),
                    )
            }
          }
          await Promise.all(plays)
        }
      }
    })
  }

  it('holds for items of any sizes and any rhythm', async () => {
    const rhythm = fc.array(fc.nat(3), { minLength: 1, maxLength: 5 })
    const plays = fc.record({
      sizes: fc.array(fc.integer({ min: 5, max: 600 }), { maxLength: 30 }),
      failsAt: fc.option(fc.nat(30), { nil: undefined }),
      leaves: fc.option(fc.record({ after: fc.nat(30), how: fc.constantFrom('return' as const, 'throw' as const) }), {
        nil: undefined,
      }),
      makeTurns: rhythm,
      readTurns: rhythm,
      wireTurns: rhythm,
    })
    await fc.assert(
      fc.asyncProperty(plays, (each) =>
        play({
          ...each,
          failsAt: each.failsAt !== undefined && each.failsAt > each.sizes.length ? undefined : each.failsAt,
        }),
      ),
      { numRuns: 300 },
    )
  })

  it('is used in full: from the first answer on, two pulls of a quick reader are on their way', async () => {
    async function* generate() {
      for (let i = 0; i < 200; i++) yield 'x'.repeat(50)
    }
    let open = 0
    const counts: number[] = []
    const { reader } = inMemory(generate(), {
      windowBytes: WINDOW,
      onPull: () => {
        counts.push(++open)
        return undefined
      },
      onAnswer: (answer) => {
        open--
        return answer
      },
    })
    for await (const _ of reader) void _
    expect(counts.slice(0, 3)).to.deep.equal([1, 1, 2])
    expect(Math.max(...counts)).to.equal(2)
    expect(counts.filter((count) => count === 2).length).to.be.greaterThan(counts.length / 3)
  })
})
