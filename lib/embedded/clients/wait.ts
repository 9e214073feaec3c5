import type { Reply } from '../resp/value.ts'

/** What a blocked client waits for. */
export interface ClientWait {
  readonly keys: readonly string[]
  /** When the wait times out, in ms since 1970; `Infinity`: never. */
  readonly until: number
  /** The reply if the wait times out. */
  readonly timeoutReply: Reply
  /**
   * Tries to serve the client from a key that has changed.
   * @returns `undefined` if there is nothing for it, so that it keeps waiting
   */
  serve(key: string): Reply | undefined
  /** Whether {@link serve} is also called when the key was removed, to reply to that. */
  readonly mindsRemoval?: boolean
}
