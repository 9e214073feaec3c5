import type { ClockTimer } from '../../util/clock.ts'
import type { Engine } from '../engine/engine.ts'

const CHECK_EVERY_MS = 1000

/**
 * Closes clients that have sent nothing for longer than the parameter `timeout` allows. Runs no
 * timer while that is 0.
 */
export class IdleCheck {
  readonly #engine: Engine
  #timer: ClockTimer | undefined
  #stopped = false

  constructor(engine: Engine) {
    this.#engine = engine
    engine.config.onSet('timeout', (seconds) => {
      this.#schedule(Number(seconds))
      return undefined
    })
    this.#schedule(engine.config.idleSeconds)
  }

  stop(): void {
    this.#stopped = true
    this.#engine.clock.clearTimer(this.#timer)
  }

  #schedule(seconds: number): void {
    this.#engine.clock.clearTimer(this.#timer)
    this.#timer = undefined
    if (seconds > 0 && !this.#stopped) this.#timer = this.#engine.clock.setTimer(() => this.#check(), CHECK_EVERY_MS)
  }

  #check(): void {
    const { clients, clock, config, log } = this.#engine
    const oldest = clock.now() - config.idleSeconds * 1000
    for (const client of clients.values()) {
      // Blocked clients, subscribers and monitors have a reason to be quiet.
      if (client.waiter !== undefined || client.isSubscriber || client.monitoring) continue
      if (client.lastUsedAt >= oldest) continue
      log('verbose', `Closing idle client ${client.transport?.address}`)
      client.kill()
    }
    this.#schedule(config.idleSeconds)
  }
}
