/** What a server has done since it was made. */
export interface ServerStats {
  /** Calls answered with a value. */
  readonly succeeded: number
  /** Calls answered with an exception; among them those that had waited for longer than `maxQueueAgeMs`. */
  readonly failed: number
  /** Requests that were not run because their deadline had passed. */
  readonly expired: number
  /** Messages that were no requests, or had nowhere to be answered. */
  readonly junk: number
  /** Calls running now. */
  readonly running: number
  /** Functions, objects and signals that clients have borrowed from this server now. */
  readonly lent: number
  /** Those that it has borrowed from clients. */
  readonly borrowed: number
}
