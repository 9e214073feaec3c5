/**
 * Bytes that are not a value. It is not an `Error`: a hostile client makes thousands a second, and a stack trace for
 * each would cost more than reading them.
 */
export class BadPayload {
  readonly problem: string
  /** The bytes end too early: with more of them it may become a value. */
  readonly cutOff: boolean

  constructor(problem: string, cutOff = false) {
    this.problem = problem
    this.cutOff = cutOff
  }
}
