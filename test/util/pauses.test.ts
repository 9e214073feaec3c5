import { expect } from 'chai'
import { Pauses } from '../../lib/util/pauses.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { isSettled } from '../ipc/helpers.ts'

describe('pauses', () => {
  let clock: ManualClock
  let pauses: Pauses
  beforeEach(() => {
    clock = new ManualClock()
    pauses = new Pauses(clock)
  })
  afterEach(() => expect(clock.pending, 'timers').to.equal(0))

  it('end after their time, and not before', async () => {
    const over = pauses.wait(10)
    clock.advance(9)
    expect(await isSettled(over)).to.equal(false)
    clock.advance(1)
    await over
  })

  it('end when their owner closes, and none begins later', async () => {
    const both = Promise.all([pauses.wait(10), pauses.wait(20)])
    pauses.close()
    await both
    await pauses.wait(10)
  })
})
