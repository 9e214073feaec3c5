import type { Stage } from './stage.ts'

/** What became of the calls of one play. */
export interface Outcome {
  readonly calls: number
  readonly answered: number
  readonly serverLost: number
  /** Other ends than the two, by their codes. */
  readonly others: ReadonlyMap<string, number>
  readonly doubleRuns: number
  readonly longestMs: number
  readonly longestLostMs: number
}

/** Counts how calls end, and how long that takes. */
export class Tally {
  readonly #ends: { readonly end: string; readonly ms: number }[] = []

  /** Waits for the end of a call; it is right to be answered with this. */
  async count(call: Promise<unknown>, right: unknown): Promise<void> {
    const began = performance.now()
    const end = await call.then(
      (value) => (value === right ? 'right' : 'wrong'),
      (error: { code?: string }) => error.code ?? String(error),
    )
    this.#ends.push({ end, ms: performance.now() - began })
  }

  outcome(stage: Stage): Outcome {
    const of = (wanted: string): number[] => this.#ends.filter(({ end }) => end === wanted).map(({ ms }) => ms)
    const others = new Set(this.#ends.map(({ end }) => end))
    others.delete('right')
    others.delete('ERR_SERVER_LOST')
    const lost = of('ERR_SERVER_LOST')
    return {
      calls: this.#ends.length,
      answered: of('right').length,
      serverLost: lost.length,
      others: new Map([...others].map((end) => [end, of(end).length])),
      doubleRuns: [...stage.runs()].filter(([id, times]) => id !== FOR_ALL && times > 1).length,
      longestMs: Math.max(0, ...of('right')),
      longestLostMs: Math.max(0, ...lost),
    }
  }
}

/** The id of a call that every server is to run. */
export const FOR_ALL = 'all'
