/** Thrown in place of what a call with an idempotency key was refused with: its method has not run, so that is not kept as its result. */
export class NotRun {
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }
}
