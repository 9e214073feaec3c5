import { millisecondsOrInfinity, wholeNumber } from '../../util/options.ts'

/** Options of whoever may send or read streams. */
export interface StreamOptions {
  /**
   * How many bytes of a stream may have been asked for and not been read, for each stream that this end reads; 1024 to 1000000. More is faster
   * over a slow network, and takes more memory, here and in Redis. @defaultValue 262144
   */
  readonly streamWindowBytes?: number
  /**
   * How long this end waits for the next item of a stream that it reads, in ms; and for the other end to begin to read a stream that this one
   * sends. Infinity: for ever; an end that died is noticed all the same. @defaultValue 30000
   */
  readonly streamIdleMs?: number
  /** How many streams this end may send at once, and how many it may read. @defaultValue 1000 */
  readonly maxStreams?: number
}

const LEAST_WINDOW = 1_024
/** A batch is half a window at the most, and no producer makes larger ones. */
const WIDEST_WINDOW = 1_000_000

/** The defaults of {@link StreamOptions}. */
export const STREAM_DEFAULTS: Required<StreamOptions> = {
  streamWindowBytes: 262_144,
  streamIdleMs: 30_000,
  maxStreams: 1_000,
}

/** Checks {@link StreamOptions} and fills in their defaults. @throws InvalidOptionError */
export function checkStreamOptions(options: StreamOptions): Required<StreamOptions> {
  const { streamWindowBytes, streamIdleMs, maxStreams } = STREAM_DEFAULTS
  return {
    streamWindowBytes: wholeNumber(
      'streamWindowBytes',
      options.streamWindowBytes,
      streamWindowBytes,
      LEAST_WINDOW,
      WIDEST_WINDOW,
    ),
    streamIdleMs: millisecondsOrInfinity('streamIdleMs', options.streamIdleMs, streamIdleMs),
    maxStreams: wholeNumber('maxStreams', options.maxStreams, maxStreams, 0),
  }
}
