import type { EndMode, Pull } from '../../../lib/rpc/streams/messages.ts'
import { readPull } from '../../../lib/rpc/streams/messages.ts'
import { StreamReader, type StreamReaderOptions } from '../../../lib/rpc/streams/stream-reader.ts'
import { StreamSource, type StreamSourceOptions } from '../../../lib/rpc/streams/stream-source.ts'
import { Codec } from '../../../lib/wire/codec.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

/** Both ends of a stream, with a wire between them that the test may hold up. */
export interface InMemoryStream {
  readonly reader: StreamReader
  readonly source: StreamSource
  readonly clock: ManualClock
  /** What the hook for errors was given. */
  readonly errors: Error[]
  /** Why either end was over, in order. */
  readonly overs: string[]
  /** What went over the wire. */
  readonly pulls: Pull[]
  readonly answers: string[]
  readonly ends: EndMode[]
}

export interface InMemoryOptions extends Partial<Pick<StreamReaderOptions, 'windowBytes' | 'firstMs' | 'idleMs'>> {
  readonly source?: Partial<StreamSourceOptions>
  /** What an answer becomes on its way. */
  readonly onAnswer?: (text: string, pull: Pull) => string | Promise<string>
  /** Waited for before a pull reaches the producer. */
  readonly onPull?: (pull: Pull) => Promise<void> | undefined
}

export const codec: Codec = new Codec()

/** Encodes as an endpoint does. */
export const encode = (item: unknown, root: string): ReturnType<Codec['encode']> => codec.encode(item, root)

export function inMemory(iterator: AsyncIterator<unknown>, options: InMemoryOptions = {}): InMemoryStream {
  const { windowBytes = 1_000, firstMs = 30_000, idleMs = 30_000, onAnswer = (text) => text } = options
  const clock = new ManualClock()
  const errors: Error[] = []
  const overs: string[] = []
  const pulls: Pull[] = []
  const answers: string[] = []
  const ends: EndMode[] = []
  const source = new StreamSource(iterator, {
    encode,
    maxBytes: 1_000_000,
    firstPullMs: 30_000,
    leaving: new Set(),
    clock,
    onError: (error) => void errors.push(error),
    onOver: () => void overs.push('source'),
    ...options.source,
  })
  const reader = new StreamReader({
    async pull(pull) {
      pulls.push(pull)
      await options.onPull?.(pull)
      const sent = await source.pull(readPull([pull.seq, pull.maxItems, pull.maxBytes, pull.waitMs]))
      answers.push(sent)
      const text = await onAnswer(sent, pull)
      return { value: JSON.parse(text), size: text.length }
    },
    async finish(mode, value) {
      ends.push(mode)
      return JSON.parse(await source.finish(mode, value))
    },
    decode: (json, meta, root) => codec.decode(json, meta, root),
    windowBytes,
    firstMs,
    idleMs,
    clock,
    operation: 'a stream of calc',
    onOver: () => void overs.push('reader'),
  })
  return { reader, source, clock, errors, overs, pulls, answers, ends }
}
