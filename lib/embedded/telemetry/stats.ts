/** A longer first word is not an error code. */
const LONGEST_CODE = 30

/** Counters that INFO reports and CONFIG RESETSTAT sets to zero. */
export class Stats {
  hits = 0
  misses = 0
  expired = 0
  connectionsReceived = 0
  connectionsRejected = 0
  commandsProcessed = 0
  inputBytes = 0
  outputBytes = 0
  readsProcessed = 0
  writesProcessed = 0
  errorReplies = 0
  unexpectedErrors = 0
  /** The most memory that INFO has ever found in use. */
  peakMemory = 0
  /** The number of error replies by their code, such as `WRONGTYPE`. */
  readonly errors: Map<string, number> = new Map()

  countError(text: string): void {
    this.errorReplies++
    const space = text.indexOf(' ')
    // Copied, because a substring would keep the whole reply in memory.
    const code =
      space === -1 || space > LONGEST_CODE ? 'ERR' : Buffer.from(text.slice(0, space), 'latin1').toString('latin1')
    const count = this.errors.get(code)
    // The server's own codes are few, but a script can choose any: count only this many separately.
    if (count !== undefined || this.errors.size < 128) this.errors.set(code, (count ?? 0) + 1)
  }

  reset(): void {
    const errors = this.errors
    errors.clear()
    Object.assign(this, new Stats(), { errors })
  }
}
