/** How many characters one pop should return at most. */
const POP_CHARACTERS = 32 * 1024 * 1024

/**
 * Limits how many messages the next pop requests, so that it does not exhaust memory: Redis counts
 * messages, not bytes. The estimate is based on the latest messages, and forgets large ones slowly.
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
