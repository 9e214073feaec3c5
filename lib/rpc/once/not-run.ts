/**
 * Wraps the error of a refused call with an idempotency key: its method has not run, so the error
 * is not stored as its result.
 */
export class NotRun {
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }
}
