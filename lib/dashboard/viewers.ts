import type { ServerResponse } from 'node:http'
import type { Clock, ClockTimer } from '../util/clock.ts'
import { Refusal } from './refusal.ts'
import { begin } from './respond.ts'

/** How long one stream lasts, in ms. Then the browser opens it again, and is authorized again. */
const STREAM_MS = 10 * 60_000
/** A viewer that has this many bytes still to take is left out until it has taken them. */
const MOST_UNREAD = 1024 * 1024
/** A viewer that was left out this often in a row is gone. */
const MOST_LEFT_OUT = 15

export interface ViewersOptions {
  readonly refreshMs: number
  readonly maxViewers: number
  readonly clock: Clock
  /** Says in a line what went wrong. */
  readonly explain: (error: unknown) => string
}

/**
 * Streams of server-sent events. Viewers of one thing form a {@link Channel}, which looks at Redis
 * for all of them, and only while there are any.
 */
export class Viewers {
  readonly #options: ViewersOptions
  readonly #channels = new Map<string, Channel>()
  readonly #viewers = new Set<Viewer>()
  #isClosed = false

  constructor(options: ViewersOptions) {
    this.#options = options
  }

  /** How many streams there are. */
  get size(): number {
    return this.#viewers.size
  }

  /** How many different things are looked at. */
  get channels(): number {
    return this.#channels.size
  }

  /**
   * Sends what `read` gives to `response`, now and again and again.
   * @param key names what is read
   * @throws Refusal when there are too many viewers
   */
  add(key: string, read: () => Promise<string>, response: ServerResponse): void {
    if (this.#isClosed) throw new Refusal(503, 'the dashboard is closed')
    if (this.#viewers.size >= this.#options.maxViewers)
      throw new Refusal(503, 'too many viewers: close other tabs of the dashboard', { 'retry-after': '10' })
    if (response.destroyed) return
    const channel = this.#channels.get(key) ?? new Channel(read, this.#options, () => this.#channels.delete(key))
    this.#channels.set(key, channel)
    const viewer = new Viewer(response, this.#options.clock, () => {
      this.#viewers.delete(viewer)
      channel.remove(viewer)
    })
    this.#viewers.add(viewer)
    viewer.begin(this.#options.refreshMs)
    channel.add(viewer)
  }

  /** Ends all streams. */
  close(): void {
    this.#isClosed = true
    for (const viewer of this.#viewers) viewer.end()
  }
}

/** One look, shared by all who want it; it is taken `refreshMs` after the one before has ended. */
class Channel {
  readonly #read: () => Promise<string>
  readonly #options: ViewersOptions
  readonly #onEmpty: () => void
  readonly #viewers = new Set<Viewer>()
  #last: string | undefined
  #timer: ClockTimer | undefined
  #isReading = false

  constructor(read: () => Promise<string>, options: ViewersOptions, onEmpty: () => void) {
    this.#read = read
    this.#options = options
    this.#onEmpty = onEmpty
  }

  add(viewer: Viewer): void {
    this.#viewers.add(viewer)
    if (this.#last !== undefined) viewer.send(this.#last)
    if (this.#timer === undefined && !this.#isReading) this.#look()
  }

  remove(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer) || this.#viewers.size > 0) return
    this.#options.clock.clearTimer(this.#timer)
    this.#onEmpty()
  }

  #look(): void {
    this.#timer = undefined
    this.#isReading = true
    void this.#event().then((text) => {
      this.#isReading = false
      this.#last = text
      for (const viewer of this.#viewers) viewer.send(text)
      if (this.#viewers.size === 0) return
      this.#timer = this.#options.clock.setTimer(() => this.#look(), this.#options.refreshMs)
    })
  }

  async #event(): Promise<string> {
    try {
      return event('view', await this.#read())
    } catch (error) {
      return event('failed', JSON.stringify({ error: this.#options.explain(error) }))
    }
  }
}

/** One stream. */
class Viewer {
  readonly #response: ServerResponse
  readonly #clock: Clock
  readonly #timer: ClockTimer
  #leftOut = 0

  constructor(response: ServerResponse, clock: Clock, onGone: () => void) {
    this.#response = response
    this.#clock = clock
    this.#timer = clock.setTimer(() => this.end(), STREAM_MS)
    response.once('close', () => {
      this.#clock.clearTimer(this.#timer)
      onGone()
    })
    // Its `close` follows.
    response.on('error', () => {})
  }

  begin(refreshMs: number): void {
    // Nginx would collect events before it passes them on.
    begin(this.#response, 200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
    this.#response.write(`retry: 2000\n${event('hello', JSON.stringify({ refreshMs }))}`)
  }

  send(text: string): void {
    if (this.#response.writableLength <= MOST_UNREAD) {
      this.#leftOut = 0
      this.#response.write(text)
    } else if (++this.#leftOut > MOST_LEFT_OUT) {
      this.#response.destroy()
    }
  }

  end(): void {
    this.#response.end()
    // One that does not read would never be done.
    if (this.#response.writableLength > 0) this.#response.destroy()
  }
}

/** JSON has no line breaks of its own, so it is one line of data. */
function event(name: string, json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`
}
