/** A command that took long. */
export interface SlowCall {
  readonly id: number
  /** When it ended, in seconds since 1970. */
  readonly at: number
  readonly microseconds: number
  readonly argv: readonly string[]
  readonly address: string
  readonly clientName: string
}

/** What of a call is kept: so many arguments, and so many bytes of each. */
const MAX_ARGUMENTS = 32
const MAX_BYTES = 128

/** The calls that took longest of late (SLOWLOG). */
export class SlowLog {
  /** The newest comes last. */
  #calls: SlowCall[] = []
  #nextId = 0

  get length(): number {
    return this.#calls.length
  }

  /** @param keep - how many calls are kept at most */
  add(call: Omit<SlowCall, 'id'>, keep: number): void {
    this.#calls.push({
      ...call,
      id: this.#nextId++,
      at: Math.floor(call.at),
      microseconds: Math.floor(call.microseconds),
      argv: shortened(call.argv),
    })
    if (this.#calls.length > keep) this.#calls.splice(0, this.#calls.length - keep)
  }

  /** The newest of them first. */
  newest(count: number): SlowCall[] {
    return this.#calls.slice(Math.max(0, this.#calls.length - count)).reverse()
  }

  clear(): void {
    this.#calls = []
  }
}

function shortened(argv: readonly string[]): string[] {
  const kept = argv.length > MAX_ARGUMENTS ? argv.slice(0, MAX_ARGUMENTS - 1) : argv
  const words = kept.map((word) =>
    word.length > MAX_BYTES ? `${copied(word.slice(0, MAX_BYTES))}... (${word.length - MAX_BYTES} more bytes)` : word,
  )
  if (kept.length < argv.length) words.push(`... (${argv.length - kept.length} more arguments)`)
  return words
}

/** A string that is cut from another keeps all of that in memory. */
function copied(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
