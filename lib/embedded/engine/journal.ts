/** The store of writes, as commands and INFO see it: the append-only file. */
export interface Journal {
  /** The size of the file now, and after its last rewrite, in bytes. */
  readonly size: number
  readonly baseSize: number
  readonly isEnabled: boolean
  /** Whether writes reach the file as configured. */
  readonly isWriting: boolean
  readonly isRewriting: boolean
  readonly lastRewriteFailed: boolean
  /** When all data were last known to be on disk, in ms since 1970. */
  readonly lastSyncAt: number
  /** The number of changes at that time. */
  readonly dirtyAtSync: number
  /** Delays the replies of this turn until all data are on disk. */
  syncBeforeReplies(): void
  /** Requests a rewrite in the background; false if one is running. */
  rewrite(): boolean
  /**
   * Writes and syncs what is left. A second call returns the first promise.
   * @throws NodeJS.ErrnoException - if that fails
   */
  close(): Promise<void>
}
