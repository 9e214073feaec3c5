/** How many characters one pop should bring at most. */
const POP_CHARACTERS = 32 * 1024 * 1024

/**
 * How many messages the next pop should ask for, so that it does not fill the memory: Redis counts messages, not bytes. What the last
 * ones were like is the best guess there is; it forgets large ones slowly.
 */
export class BatchSize {
  #typical = 1

  get most(): number {
    return Math.max(1, Math.floor(POP_CHARACTERS / this.#typical))
  }

  /** A pop brought these. */
  brought(texts: readonly string[]): void {
    let characters = 0
    for (const text of texts) characters += text.length
    this.#typical = Math.max(1, characters / texts.length, this.#typical / 2)
  }
}
