import { expect } from 'chai'
import { Budget } from '../../lib/util/budget.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { rejection } from '../helpers/pair.ts'

describe('a budget', () => {
  const never = new Promise<never>(() => {})
  let clock: ManualClock
  let budget: Budget
  beforeEach(() => {
    clock = new ManualClock()
    budget = new Budget(clock, 100)
  })
  afterEach(() => expect(clock.pending, 'timers').to.equal(0))

  it('gives each wait what those before it have left', async () => {
    const first = budget.spend(async (limitMs) => {
      clock.advance(30)
      return limitMs
    })
    expect(await first).to.equal(100)
    const began = clock.now()
    const second = budget.wait(never)
    clock.advance(70)
    await second
    expect(clock.now() - began).to.equal(70)
    expect(await budget.spend(async (limitMs) => limitMs)).to.equal(0)
  })

  it('does not count the time between waits', async () => {
    await budget.wait(Promise.resolve())
    clock.advance(1_000)
    expect(await budget.spend(async (limitMs) => limitMs)).to.equal(100)
  })

  it('counts what fails, too', async () => {
    const failing = budget.spend(async () => {
      clock.advance(60)
      throw new Error('no')
    })
    expect(await rejection(failing)).to.have.property('message', 'no')
    await budget.wait(Promise.reject(new Error('no')))
    expect(await budget.spend(async (limitMs) => limitMs)).to.equal(40)
  })
})
