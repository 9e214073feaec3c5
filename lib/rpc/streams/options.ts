import { millisecondsOrInfinity, wholeNumber } from '../../util/options.ts'

/** Options for sending and reading streams. */
export interface StreamOptions {
  /**
   * How many bytes may be requested and not yet read, for each stream that this end reads; 1024 to
   * 1000000. Larger windows are faster on slow networks, and take more memory here and in Redis.
   * @defaultValue 262144
   */
  readonly streamWindowBytes?: number
  /**
   * How long this end waits for the next item of a stream that it reads, and for the other end to
   * start reading a stream that this one sends, in ms. Infinity: no limit; a dead end is detected
   * anyway.
   * @defaultValue 30000
   */
  readonly streamIdleMs?: number
  /** How many streams this end may send at once, and how many it may read. @defaultValue 1000 */
  readonly maxStreams?: number
}

const LEAST_WINDOW = 1_024
/** A batch is at most half a window, and producers make no larger ones. */
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
