import type { Codec } from '../../wire/codec.ts'
import { decodeFailure } from '../../wire/failure.ts'
import type { ReplyAddress } from '../../wire/message.ts'
import { readReply, replyBody } from '../../wire/reply.ts'

/** The address of a reply that is kept for several callers, and how such a reply begins. */
const ANYBODY: ReplyAddress = { list: '', id: 0 }
const HEAD = '{"id":0,'

/**
 * Replies that are kept for several callers: native replies without their head, which differs
 * between callers.
 */
export class KeptReplies {
  readonly #codec: Codec
  readonly #failureText: (address: ReplyAddress, thrown: unknown) => string

  constructor(codec: Codec, failureText: (address: ReplyAddress, thrown: unknown) => string) {
    this.#codec = codec
    this.#failureText = failureText
  }

  /** A value that cannot be encoded becomes a failure. */
  ofValue(value: unknown): string {
    try {
      return replyBody(value, this.#codec)
    } catch (error) {
      return this.ofFailure(error)
    }
  }

  ofFailure(thrown: unknown): string {
    return this.#failureText(ANYBODY, thrown).slice(HEAD.length)
  }

  /** The error of a kept failure. */
  thrownIn(reply: string): unknown {
    try {
      const failure = readReply(HEAD + reply, this.#codec.limits)
      return failure.failed ? decodeFailure(failure, this.#codec) : undefined
    } catch (error) {
      return error
    }
  }
}

/** Whether a kept reply is the failure of a method. */
export function hasFailedKept(reply: string): boolean {
  return !reply.startsWith('"return_value"')
}
