/**
 * Bytes that are no value. It is no `Error`: a hostile client makes thousands a second, and a stack trace each would
 * cost more than to read them.
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
