/** One call that a server has answered, as those who watch see it. */
export interface CallRecord {
  /** When it ended, in ms since 1970 on the server's clock. */
  readonly at: number
  /** The server's 12 characters. */
  readonly server: string
  readonly method: string
  /** The list that the caller gets its replies on; empty: it was a notification. */
  readonly caller: string
  readonly durationMs: number
  /** `refused`: it was not run, since the service is busy or closes; `expired`: its deadline had passed. */
  readonly outcome: 'ok' | 'error' | 'refused' | 'expired'
  /** The name and the message of the error. */
  readonly error?: string
  /** How many calls this one is shown for: under load the server shows one of several. */
  readonly sampled: number
}
