/** Where writes are kept, as commands and INFO see it: the append-only file. */
export interface Journal {
  /** Bytes of the file now, and after it was last rewritten. */
  readonly size: number
  readonly baseSize: number
  readonly isEnabled: boolean
  /** Whether writing is as good as it was asked to be. */
  readonly isWriting: boolean
  readonly isRewriting: boolean
  readonly lastRewriteFailed: boolean
  /** When all data were last known to be on disk, in ms since 1970. */
  readonly lastSyncAt: number
  /** Changes by then. */
  readonly dirtyAtSync: number
  /** Lets the replies of this turn leave only once all data are on disk. */
  syncBeforeReplies(): void
  /** Has the file written anew in the background; false if that is under way. */
  rewrite(): boolean
  /**
   * Writes and syncs what is left. A second call returns the first promise.
   * @throws NodeJS.ErrnoException - if that fails
   */
  close(): Promise<void>
}
