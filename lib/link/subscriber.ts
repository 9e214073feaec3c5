import { type Clock, type ClockTimer, systemClock } from '../util/clock.ts'
import { Connection } from './connection.ts'
import type { RedisAddress, RedisLife } from './source.ts'

export interface ChannelListener {
  onMessage(text: string): void
  /** The connection was lost and is back: messages published in between were missed. */
  onResumed(): void
}

export interface SubscriberOptions {
  readonly connectTimeoutMs: number
  /** Receives errors that no caller gets. */
  readonly onError: (error: Error) => void
  readonly clock?: Clock
}

const PING_MS = 5_000

/**
 * Listens to channels on a separate connection, which is opened for the first channel. It
 * reconnects and informs its listeners, since Redis does not store messages for absent subscribers.
 * Pings detect a half-open socket, which would otherwise stay silent forever.
 *
 * @see https://redis.io/docs/latest/develop/interact/pubsub/
 */
export class Subscriber {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #listeners = new Map<string, Set<ChannelListener>>()
  /** Of the current connection: each channel's confirmation. */
  #confirmed = new Map<string, Promise<unknown>>()
  #ping: ClockTimer | undefined
  #hasBeenUp = false

  constructor(address: RedisAddress, { connectTimeoutMs, onError, clock = systemClock }: SubscriberOptions) {
    this.#clock = clock
    this.#connection = new Connection(address, { connectTimeoutMs, clock })
    this.#connection.observe({ up: (life) => this.#up(life), unavailable: onError })
  }

  /**
   * Resolves once Redis has confirmed, with a function that ends the subscription.
   * @throws ConnectionError, ClosedError
   */
  async listen(channel: string, listener: ChannelListener): Promise<() => void> {
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners.add(listener))
    try {
      for (;;) {
        const life = await this.#connection.open()
        try {
          await this.#subscribe(life, channel)
          break
        } catch (error) {
          if (this.#connection.ready === life) throw error
          // Lost before it was confirmed; the next connection subscribes to it as well.
        }
      }
    } catch (error) {
      this.#forget(channel, listener)
      throw error
    }
    return () => this.#forget(channel, listener)
  }

  close(): void {
    this.#clock.clearTimer(this.#ping)
    this.#listeners.clear()
    this.#connection.close()
  }

  #up(life: RedisLife): void {
    this.#confirmed = new Map()
    life.on('message', (channel: string, text: string) => this.#deliver(channel, text))
    const missed = this.#hasBeenUp
    this.#hasBeenUp = true
    for (const [channel, listeners] of this.#listeners) {
      const resume = () => {
        if (missed) for (const listener of [...listeners]) listener.onResumed()
      }
      this.#subscribe(life, channel).then(resume, () => {})
    }
    this.#watch()
  }

  #subscribe(life: RedisLife, channel: string): Promise<unknown> {
    let confirmed = this.#confirmed.get(channel)
    if (confirmed === undefined) {
      confirmed = life.subscribe(channel)
      this.#confirmed.set(channel, confirmed)
    }
    return confirmed
  }

  #deliver(channel: string, text: string): void {
    for (const listener of [...(this.#listeners.get(channel) ?? [])]) listener.onMessage(text)
  }

  #forget(channel: string, listener: ChannelListener): void {
    const listeners = this.#listeners.get(channel)
    if (listeners === undefined || !listeners.delete(listener) || listeners.size > 0) return
    this.#listeners.delete(channel)
    this.#confirmed.delete(channel)
    this.#connection.ready?.unsubscribe(channel).catch(() => {})
  }

  #watch(): void {
    this.#clock.clearTimer(this.#ping)
    this.#ping = this.#clock.setTimer(() => {
      const life = this.#connection.ready
      if (life === undefined) return
      // Any answer shows that it is alive. If it is lost instead, `up` monitors the next one.
      this.#connection.watch(life.ping()).then(
        () => this.#alive(life),
        () => this.#alive(life),
      )
    }, PING_MS)
  }

  #alive(life: RedisLife): void {
    if (this.#connection.ready === life) this.#watch()
  }
}
