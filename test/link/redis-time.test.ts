import { expect } from 'chai'
import type { Connection, ConnectionObserver } from '../../lib/link/connection.ts'
import { RedisTime } from '../../lib/link/redis-time.ts'
import type { RedisLife } from '../../lib/link/source.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

describe('the time on Redis', () => {
  it('is measured in the middle of a round trip, anew each minute, and after each reconnection', async () => {
    const clock = new ManualClock()
    let ahead = 5_000
    let asked = 0
    const life = {
      async time() {
        asked++
        clock.advance(40) // there
        const now = clock.now() + ahead
        clock.advance(40) // and back
        return [Math.floor(now / 1_000), (now % 1_000) * 1_000]
      },
    } as unknown as RedisLife
    const observers: ConnectionObserver[] = []
    const connection = { ready: life, observe: (observer: ConnectionObserver) => observers.push(observer) }
    const time = new RedisTime(connection as unknown as Connection, clock)

    await time.measure(life)
    expect(time.now() - clock.now()).to.equal(5_000)
    expect(time.at(1_000)).to.equal(6_000)

    ahead = -60_000 // somebody set a clock
    clock.advance(60_000)
    await settled()
    expect(time.now() - clock.now()).to.equal(-60_000)

    ahead = 7 // another server
    observers[0]?.up?.(life)
    await settled()
    expect(time.now() - clock.now()).to.equal(7)

    time.stop()
    expect(clock.pending).to.equal(0)
    clock.advance(600_000)
    await settled()
    expect(asked).to.equal(3)
    await time.measure(life)
    expect(clock.pending, 'what was asked before it stopped starts nothing').to.equal(0)
  })
})

/** Lets what has been resolved run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
