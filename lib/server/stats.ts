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
}

/** One server of a service, as it describes itself. */
export interface ServerInfo {
  /** 12 characters; a server that is started again has another one. */
  readonly id: string
  readonly host: string
  readonly pid: number
  /** When it was started, in ms since 1970 on its machine's clock. */
  readonly started: number
  /** The option `version`; empty where there is none. */
  readonly version: string
  /** The names that may be called. */
  readonly methods: readonly string[]
  /** Calls that run. */
  readonly running: number
  /** Calls that it has taken from the list and not begun. */
  readonly waiting: number
}
