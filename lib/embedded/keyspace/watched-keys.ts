/** A key that a client watches (WATCH). */
export interface Watch {
  /** The time of the key had come before the watch began, and it is still there: that it goes is no change. */
  stale: boolean
  /** The key has changed. */
  touch(): void
}

/** Who watches which keys of one database. */
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

  /** A key has changed; `has` says whether it exists now. */
  changed(key: string, has: (key: string) => boolean): void {
    const watches = this.#watches.get(key)
    if (watches === undefined) return
    const isGone = !has(key)
    for (const watch of watches) {
      if (watch.stale && isGone) watch.stale = false
      else watch.touch()
    }
  }

  /** All keys are about to go; `has` says whether one exists now. */
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
   * Other keys are about to take the place of all.
   * @param had - whether a key is there now
   * @param next - what will be in its place
   */
  replaced(had: (key: string) => boolean, next: (key: string) => 'nothing' | 'stale' | 'alive'): void {
    for (const [key, watches] of this.#watches) {
      const before = had(key)
      const after = next(key)
      if (!before && after === 'nothing') continue
      for (const watch of watches) {
        const wasStale = watch.stale
        watch.stale = after === 'stale' && (wasStale || !before)
        // Neither who watched a stale key nor who watched none has seen anything come or go.
        const isSame = wasStale ? after !== 'alive' : watch.stale
        if (!isSame) watch.touch()
      }
    }
  }
}
