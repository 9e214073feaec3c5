import type { Clock } from '../../util/clock.ts'
import type { StreamForm } from '../../util/stream-form.ts'
import type { Codec } from '../../wire/codec.ts'
import { JsonText } from '../../wire/reply.ts'
import { contextHook, type ServedContext } from '../serving/call-context.ts'
import { iteratorOf } from '../streams/iterators.ts'
import { type Pull, readEndMode, readPull } from '../streams/messages.ts'
import { StreamSource } from '../streams/stream-source.ts'

/** Upper bound of the bytes that a message adds around the items of an answer. */
export const ENVELOPE_BYTES = 1_024

export interface LentStreamOptions {
  readonly codec: Codec
  readonly clock: Clock
  readonly onError: (error: Error) => void
  /** How long to wait for the first pull, in ms. */
  readonly firstPullMs: number
  readonly onOver: (stream: LentStream) => void
  /** Answers readers that have left: see `StreamSourceOptions`. */
  readonly leaving: Set<() => void>
}

/** Iterators that were lent and have ended: generators, for example, cannot be iterated again. */
const ended = new WeakSet<AsyncIterator<unknown>>()

/** A stream that was lent: the borrower pulls its items. */
export class LentStream {
  /** The iterated object. */
  readonly value: object
  readonly #source: StreamSource
  /** The end that pulls; items are lent to that end. */
  #to = ''

  /** @param context the context of its call @throws TypeError */
  constructor(value: object, form: StreamForm, context: ServedContext | undefined, options: LentStreamOptions) {
    this.value = value
    const { codec } = options
    const { run } = contextHook
    const iterator = iteratorOf(value, form)
    // It would look like an empty stream. A ReadableStream refuses a second reader by itself.
    if (ended.has(iterator)) throw new TypeError('the stream has been sent before, and has ended')
    context?.streamBegins()
    this.#source = new StreamSource(iterator, {
      ...options,
      encode: (item, root) => codec.encode(item, root, { to: this.#to, isRequest: false }),
      maxBytes: Math.max(1, codec.limits.maxMessageBytes - ENVELOPE_BYTES),
      onOver: (reason) => {
        context?.streamEnds(reason)
        ended.add(iterator)
        options.onOver(this)
      },
      ...(context !== undefined && run !== undefined && { inContext: (work) => run(context, work) }),
    })
  }

  /** @param from the list of the end that pulls */
  async next(args: readonly unknown[], from: string): Promise<JsonText> {
    this.#to = from
    let pull: Pull
    try {
      pull = readPull(args)
    } catch (error) {
      this.#source.end(error as Error)
      throw error
    }
    return new JsonText(await this.#source.pull(pull))
  }

  async return(args: readonly unknown[], from: string): Promise<JsonText> {
    this.#to = from
    return new JsonText(await this.#source.finish(readEndMode(args[0]), args[1]))
  }

  /** It has no reader any more. */
  end(reason: Error): void {
    this.#source.end(reason)
  }
}
