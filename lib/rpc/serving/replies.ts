import type { Link } from '../../link/link.ts'
import type { Clock } from '../../util/clock.ts'
import type { Codec } from '../../wire/codec.ts'
import { checkBytes, type Limits } from '../../wire/limits.ts'
import type { ReplyAddress } from '../../wire/message.ts'
import { failureText, replyText } from '../../wire/reply.ts'
import type { Signing } from '../signing.ts'
import { CallMemory, type Memory } from './call-memory.ts'
import { SentReply } from './sent-reply.ts'

export interface RepliesOptions {
  readonly link: Link
  readonly codec: Codec
  readonly limits: Limits
  readonly clock: Clock
  readonly signing: Signing
  readonly exposeStacks: boolean
  readonly onError: (error: Error) => void
}

/**
 * Sends replies, and remembers which calls were begun and how they were answered: a reply that was
 * lost is sent again.
 */
export class Replies {
  readonly #options: RepliesOptions
  readonly #memory = new CallMemory()
  /** Replies with items of streams. They are large, and would drive the other replies out of memory. */
  readonly #batches = new CallMemory()

  constructor(options: RepliesOptions) {
    this.#options = options
  }

  /** The text of a reply with a value. @throws SerializationError, MessageTooLargeError, ReferenceLimitError */
  valueText(address: ReplyAddress, value: unknown): string {
    return replyText(address, value, this.#options.codec)
  }

  /** The text of a reply with an error. */
  failureText(address: ReplyAddress, thrown: unknown): string {
    const { codec, limits, exposeStacks } = this.#options
    const text = failureText(address, thrown, codec, exposeStacks)
    try {
      checkBytes(text, limits)
      return text
    } catch (tooLarge) {
      return failureText(address, tooLarge, codec, false)
    }
  }

  /** Remembers that a call begins. @param now the clock's time */
  begin({ list, id }: ReplyAddress, now: number): void {
    if (id !== undefined) this.#memory.begin(list, id, now)
  }

  /** What is remembered of a call. */
  recall(list: string, id: number): Memory {
    return this.#memory.recall(list, id)
  }

  /** For how long nothing has been forgotten, in ms; `null`: nothing ever was. */
  get reachMs(): number | null {
    const reachMs = this.#memory.reachMs(this.#options.clock.now())
    return Number.isFinite(reachMs) ? reachMs : null
  }

  /** Sends the reply to a call. */
  send({ list, id }: ReplyAddress, text: string): void {
    if (id !== undefined) this.#memory.answered(list, id, text)
    this.push(list, text)
  }

  /** Sends a reply with items of a stream. */
  sendBatch({ list, id }: ReplyAddress, text: string): void {
    if (id !== undefined) this.#batches.answered(list, id, text)
    this.push(list, text)
  }

  /** Sends the reply to a call once more; false: it is no longer kept. */
  sendAgain(list: string, id: number): boolean {
    const text = this.#memory.replyTo(list, id) ?? this.#batches.replyTo(list, id)
    if (text !== undefined) this.push(list, text)
    return text !== undefined
  }

  /** Sends what is not remembered. */
  push(list: string, text: string): void {
    const { link, signing } = this.#options
    link.outbox.push(list, new SentReply(list, signing.sign(list, text), this.#options))
  }
}
