/**
 * Reports errors that no caller gets. A lasting failure, which recurs with each attempt, is
 * reported only once.
 */
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

  /** After a success: the same failure will be reported again. */
  clear(): void {
    this.#last = undefined
  }
}
