import type { Clock } from '../../util/clock.ts'
import type { StreamForm } from '../../util/stream-form.ts'
import type { Codec } from '../../wire/codec.ts'
import { JsonText } from '../../wire/reply.ts'
import { contextHook, type ServedContext } from '../call-context.ts'
import { iteratorOf } from '../streams/iterators.ts'
import { type Pull, readEndMode, readPull } from '../streams/messages.ts'
import { StreamSource } from '../streams/stream-source.ts'

/** What a message puts around the items of an answer takes fewer bytes. */
export const ENVELOPE_BYTES = 1_024

export interface LentStreamOptions {
  readonly codec: Codec
  readonly clock: Clock
  readonly onError: (error: Error) => void
  /** How long the first pull may take to come, in ms. */
  readonly firstPullMs: number
  readonly onOver: (stream: LentStream) => void
  /** Answers readers who have left: see `StreamSourceOptions`. */
  readonly leaving: Set<() => void>
}

/** A stream that was lent: whoever has borrowed it pulls its items. */
export class LentStream {
  /** What is iterated. */
  readonly value: object
  readonly form: StreamForm
  readonly #source: StreamSource
  /** Who pulls; what an item holds is lent to that end. */
  #to = ''

  /** @param context of the call that it came from. @throws TypeError */
  constructor(value: object, form: StreamForm, context: ServedContext | undefined, options: LentStreamOptions) {
    this.value = value
    this.form = form
    const { codec } = options
    const { run } = contextHook
    const iterator = iteratorOf(value, form)
    context?.streamBegins()
    this.#source = new StreamSource(iterator, {
      ...options,
      encode: (item, root) => codec.encode(item, root, { to: this.#to, isRequest: false }),
      maxBytes: Math.max(1, codec.limits.maxMessageBytes - ENVELOPE_BYTES),
      onOver: (reason) => {
        context?.streamEnds(reason)
        options.onOver(this)
      },
      ...(context !== undefined && run !== undefined && { inContext: (work) => run(context, work) }),
    })
  }

  /** @param from the list of who pulls */
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

  /** Nobody reads it any more. */
  end(reason: Error): void {
    this.#source.end(reason)
  }
}
