/** A key that a client watches (WATCH). */
export interface Watch {
  /**
   * The key had already expired when the watch began, but is still stored: its removal is not a
   * change.
   */
  stale: boolean
  /** The key has changed. */
  touch(): void
}

/** The watched keys of one database, and their watches. */
export class WatchedKeys {
  readonly #watches = new Map<string, Set<Watch>>()

  /** How many keys are watched. */
  get size(): number {
    return this.#watches.size
  }

  add(key: string, watch: Watch): void {
    const watches = this.#watches.get(key)
    if (watches === undefined) this.#watches.set(key, new Set([watch]))
    else watches.add(watch)
  }

  delete(key: string, watch: Watch): void {
    const watches = this.#watches.get(key)
    watches?.delete(watch)
    if (watches?.size === 0) this.#watches.delete(key)
  }

  /** Reports a change of a key; `has` returns whether it exists now. */
  changed(key: string, has: (key: string) => boolean): void {
    const watches = this.#watches.get(key)
    if (watches === undefined) return
    const isGone = !has(key)
    for (const watch of watches) {
      if (watch.stale && isGone) watch.stale = false
      else watch.touch()
    }
  }

  /** All keys are about to be removed; `has` returns whether one exists now. */
  cleared(has: (key: string) => boolean): void {
    for (const [key, watches] of this.#watches) {
      if (!has(key)) continue
      for (const watch of watches) {
        if (watch.stale) watch.stale = false
        else watch.touch()
      }
    }
  }

  /**
   * All keys are about to be replaced by others.
   * @param had - whether a key exists now
   * @param next - the state of a key afterwards
   */
  replaced(had: (key: string) => boolean, next: (key: string) => 'nothing' | 'stale' | 'alive'): void {
    for (const [key, watches] of this.#watches) {
      const before = had(key)
      const after = next(key)
      if (!before && after === 'nothing') continue
      for (const watch of watches) {
        const wasStale = watch.stale
        watch.stale = after === 'stale' && (wasStale || !before)
        // For the watches of a stale key and those of a missing key, nothing has appeared or
        // disappeared.
        const isSame = wasStale ? after !== 'alive' : watch.stale
        if (!isSame) watch.touch()
      }
    }
  }
}
