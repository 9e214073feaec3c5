/** Counters of a server, since it was created. */
export interface ServerStats {
  /** Calls answered with a value. */
  readonly succeeded: number
  /**
   * Calls answered with an exception, including those that had waited longer than `maxQueueAgeMs`.
   */
  readonly failed: number
  /** Requests that were not run because their deadline had passed. */
  readonly expired: number
  /** Messages that were not valid requests, or that named no valid reply list. */
  readonly junk: number
  /** Calls that are running. */
  readonly running: number
  /** How many functions, objects and signals clients are borrowing from this server. */
  readonly lent: number
  /** How many this server is borrowing from clients. */
  readonly borrowed: number
}
