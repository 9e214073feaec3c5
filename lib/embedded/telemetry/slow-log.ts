/** A slow command. */
export interface SlowCall {
  readonly id: number
  /** When it ended, in seconds since 1970. */
  readonly at: number
  readonly microseconds: number
  readonly argv: readonly string[]
  readonly address: string
  readonly clientName: string
}

/** How much of a call is kept: this many arguments, and this many bytes of each. */
const MAX_ARGUMENTS = 32
const MAX_BYTES = 128

/** Recent slow calls (SLOWLOG). */
export class SlowLog {
  /** The newest call is the last one. */
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

  /** The newest calls, newest first. */
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

/** A substring would keep the whole string in memory, so it is copied. */
function copied(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
