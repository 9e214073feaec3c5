import type { Reply } from '../resp/value.ts'

/** What a blocked client waits for. */
export interface Wait {
  readonly keys: readonly string[]
  /** When to give up, in ms since 1970; `Infinity` waits for ever. */
  readonly until: number
  /** What giving up answers. */
  readonly timeoutReply: Reply
  /**
   * Tries to serve the client from a key that has changed.
   * @returns `undefined` if there is nothing for it, and it goes on waiting
   */
  serve(key: string): Reply | undefined
  /** Whether {@link serve} is also to be asked when the key was removed, to answer that. */
  readonly mindsRemoval?: boolean
}
