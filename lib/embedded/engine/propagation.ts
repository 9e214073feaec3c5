/**
 * A write in the form in which it can be repeated elsewhere: its times and outcome are fixed, so it
 * always has the same effect.
 */
export interface Write {
  readonly db: number
  readonly argv: readonly string[]
}

/** Receives the writes of one command, transaction or script, in order; they belong together. */
export type WriteSink = (writes: readonly Write[]) => void

/**
 * Propagates writes, so that an append-only file can repeat them. A command is propagated as it
 * came unless it has rewritten itself with {@link rewrite}: relative expiries become absolute,
 * random choices become fixed ones, and a blocking pop becomes a plain one. A command that changed
 * nothing is not propagated.
 */
export class Propagation {
  /** Nothing is propagated: a script has requested this (`redis.set_repl`). */
  suspended = false
  readonly #sinks = new Set<WriteSink>()
  #writes: Write[] = []
  #rewritten: readonly (readonly string[])[] | undefined

  /** Adds a receiver; returns a function that removes it. */
  subscribe(sink: WriteSink): () => void {
    this.#sinks.add(sink)
    return () => {
      this.#sinks.delete(sink)
    }
  }

  /**
   * Propagates these commands, possibly none, instead of the current one.
   */
  rewrite(...commands: readonly (readonly string[])[]): void {
    this.#rewritten = commands
  }

  /**
   * As {@link rewrite}, for any number of commands: a client can cause more of them than the stack
   * can take as arguments.
   */
  rewriteAs(commands: readonly (readonly string[])[]): void {
    this.#rewritten = commands
  }

  /**
   * Called after a command has run. `argv` is empty after a blocked client was served: what served
   * it has been rewritten.
   */
  commandDone(db: number, argv: readonly string[], wrote: boolean): void {
    const rewritten = this.#rewritten
    this.#rewritten = undefined
    if (this.#sinks.size === 0 || !wrote || this.suspended) return
    if (rewritten === undefined) this.add(db, argv)
    else for (const command of rewritten) this.#writes.push({ db, argv: command })
  }

  /** Adds a write that no client requested, such as the removal of an expired key. */
  add(db: number, argv: readonly string[]): void {
    if (this.#sinks.size !== 0 && argv.length > 0 && !this.suspended) this.#writes.push({ db, argv })
  }

  /** The command, transaction or script has ended: its writes are propagated together. */
  unitDone(): void {
    if (this.#writes.length === 0) return
    const writes = this.#writes
    this.#writes = []
    for (const sink of this.#sinks) sink(writes)
  }
}
