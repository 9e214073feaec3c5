/**
 * Bytes that are not a valid value. This is not an `Error`: a hostile client can cause thousands a
 * second, and a stack trace for each would cost more than reading the bytes.
 */
export class BadPayload {
  readonly problem: string
  /** Whether the bytes end too early: with more of them the value may become valid. */
  readonly cutOff: boolean

  constructor(problem: string, cutOff = false) {
    this.problem = problem
    this.cutOff = cutOff
  }
}
