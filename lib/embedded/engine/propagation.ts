/**
 * A write as it is to be repeated elsewhere: for a given time and outcome it always does the same.
 */
export interface Write {
  readonly db: number
  readonly argv: readonly string[]
}

/** Receives the writes of one command, transaction or script, in order; they belong together. */
export type WriteSink = (writes: readonly Write[]) => void

/**
 * Passes on what was written, so that an append-only file can repeat it. A command goes out as it
 * came, unless it has given another form of itself ({@link rewrite}): relative expiries become
 * absolute, random choices what was chosen, a blocking pop the pop that it turned out to be. A
 * command that changed nothing does not go out.
 */
export class Propagation {
  /** Nothing is passed on: a script has asked for that (`redis.set_repl`). */
  suspended = false
  readonly #sinks = new Set<WriteSink>()
  #writes: Write[] = []
  #rewritten: readonly (readonly string[])[] | undefined

  /** Adds a receiver; call what it returns to remove it. */
  subscribe(sink: WriteSink): () => void {
    this.#sinks.add(sink)
    return () => {
      this.#sinks.delete(sink)
    }
  }

  /**
   * Gives the form in which the current command goes out: these commands instead of itself,
   * possibly none.
   */
  rewrite(...commands: readonly (readonly string[])[]): void {
    this.#rewritten = commands
  }

  /**
   * As {@link rewrite}, for any number of commands: so many arguments as a client can cause have no
   * place on the stack.
   */
  rewriteAs(commands: readonly (readonly string[])[]): void {
    this.#rewritten = commands
  }

  /**
   * A command has run; one without a form of its own, because a waiting client was served, has
   * rewritten itself.
   */
  commandDone(db: number, argv: readonly string[], wrote: boolean): void {
    const rewritten = this.#rewritten
    this.#rewritten = undefined
    if (this.#sinks.size === 0 || !wrote || this.suspended) return
    if (rewritten === undefined) this.add(db, argv)
    else for (const command of rewritten) this.#writes.push({ db, argv: command })
  }

  /** Adds a write that no client asked for, such as the removal of an expired key. */
  add(db: number, argv: readonly string[]): void {
    if (this.#sinks.size !== 0 && argv.length > 0 && !this.suspended) this.#writes.push({ db, argv })
  }

  /** The command, transaction or script is over: its writes go out together. */
  unitDone(): void {
    if (this.#writes.length === 0) return
    const writes = this.#writes
    this.#writes = []
    for (const sink of this.#sinks) sink(writes)
  }
}
