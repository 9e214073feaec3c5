/** Tells of what has no caller to tell; of a failure that lasts, and comes again with each attempt, only once. */
export class Reports {
  readonly #onError: (error: Error) => void
  #last: string | undefined

  constructor(onError: (error: Error) => void) {
    this.#onError = onError
  }

  tell(error: Error): void {
    if (error.message === this.#last) return
    this.#last = error.message
    this.#onError(error)
  }

  /** It went well: the same failure is news again. */
  clear(): void {
    this.#last = undefined
  }
}
