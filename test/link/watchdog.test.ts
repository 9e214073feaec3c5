import { expect } from 'chai'
import { Watchdog } from '../../lib/link/watchdog.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

describe('a watchdog', () => {
  it('runs when nothing came in time, and not while an answer comes in slowly', () => {
    const clock = new ManualClock()
    let bytes = 0
    let runs = 0
    const watchdog = new Watchdog(
      clock,
      () => void runs++,
      () => bytes,
    )
    watchdog.start(1_000)
    for (let part = 0; part < 3; part++) {
      clock.advance(1_000)
      bytes += 5
      clock.advance(100)
    }
    expect(runs).to.equal(0)
    clock.advance(1_100)
    expect(runs).to.equal(1)
    expect(clock.pending).to.equal(0)
  })
})
