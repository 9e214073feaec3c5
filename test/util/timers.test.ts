import { setTimeout as later } from 'node:timers/promises'
import { expect } from 'chai'
import { steadyClock, systemClock } from '../../lib/util/clock.ts'
import { clearTimeout, setTimeout } from '../../lib/util/timers.ts'

/** What Node cannot wait for, and would take for 1 ms. */
const TOO_LONG = [2 ** 31, 2 ** 53, Number.POSITIVE_INFINITY]

describe('timers', () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  before(() => process.on('warning', onWarning))
  after(() => process.off('warning', onWarning))

  it('wait as long as they can, if they are to wait for longer', async () => {
    let fired = 0
    const count = (): void => void fired++
    const timers = TOO_LONG.map((ms) => setTimeout(count, ms))
    const clocks = [steadyClock, systemClock].map((clock) => ({ clock, timer: clock.setTimer(count, 2 ** 31) }))
    // Node fires timers in the order of their times: those of 1 ms come before this one.
    await later(5)
    for (const timer of timers) clearTimeout(timer)
    for (const { clock, timer } of clocks) clock.clearTimer(timer)
    expect(fired).to.equal(0)
    expect(warnings.map(({ name }) => name)).not.to.include('TimeoutOverflowWarning')
  })

  it('fire at once without a delay', async () => {
    await new Promise<void>((resolve) => setTimeout(resolve, 0))
    await new Promise<void>((resolve) => setTimeout(resolve, -1))
  })
})
