import { expect } from 'chai'
import { Deadlines, type Expiring } from '../../lib/link/deadlines.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

describe('deadlines', () => {
  let clock: ManualClock
  let begin: number
  let waiting: Set<Expiring>
  let expired: [afterMs: number, cause: unknown][]
  let looks: number
  let deadlines: Deadlines
  const obstacle = new Error('no connection')

  beforeEach(() => {
    clock = new ManualClock()
    begin = clock.now()
    waiting = new Set()
    expired = []
    looks = 0
    deadlines = new Deadlines(
      clock,
      () => {
        looks++
        return waiting
      },
      () => obstacle,
    )
  })
  afterEach(() => {
    deadlines.stop()
    expect(clock.pending).to.equal(0)
  })

  const watch = (afterMs: number, onExpire: () => void = () => {}): Expiring => {
    const one: Expiring = {
      deadlineAt: begin + afterMs,
      expire: (cause) => {
        waiting.delete(one)
        expired.push([clock.now() - begin, cause])
        onExpire()
      },
    }
    waiting.add(one)
    deadlines.watch(one.deadlineAt)
    return one
  }
  const times = () => expired.map(([afterMs]) => afterMs)

  it('have one timer for all, and none while nothing waits', () => {
    expect(clock.pending).to.equal(0)
    for (const afterMs of [300, 100, 200, 400]) {
      watch(afterMs)
      expect(clock.pending).to.equal(1)
    }
    clock.advance(400)
    expect(times()).to.deep.equal([100, 200, 300, 400])
    expect(clock.pending).to.equal(0)
  })

  it('look once when what was due first has ended before', () => {
    waiting.delete(watch(100))
    watch(300)
    clock.advance(299)
    expect([looks, times()]).to.deep.equal([1, []])
    clock.advance(1)
    expect([looks, times()]).to.deep.equal([2, [300]])
  })

  it('are told why nothing gets through', () => {
    watch(10)
    clock.advance(10)
    expect(expired).to.deep.equal([[10, obstacle]])
  })

  it('that are close to each other do not wake the process for each', () => {
    for (let afterMs = 100; afterMs < 110; afterMs++) watch(afterMs)
    clock.advance(200)
    expect(times()).to.deep.equal([100, ...Array(5).fill(105), ...Array(4).fill(110)])
    expect(looks).to.equal(3)
  })

  it('that have passed before they are watched expire at once', () => {
    watch(-1_000)
    expect(times(), 'not within the call').to.deep.equal([])
    clock.advance(0)
    expect(times()).to.deep.equal([0])
  })

  it('may be added while others expire, earlier and later than those that wait', () => {
    watch(100, () => {
      watch(150)
      watch(120)
    })
    watch(200)
    clock.advance(300)
    expect(times()).to.deep.equal([100, 120, 150, 200])
  })

  it('never expire if they are infinite, and set no timer', () => {
    watch(Number.POSITIVE_INFINITY)
    expect(clock.pending).to.equal(0)
    watch(50)
    clock.advance(1_000_000)
    expect(times()).to.deep.equal([50])
    expect(clock.pending).to.equal(0)
  })

  it('are not looked at after stop, until another is watched', () => {
    watch(100)
    deadlines.stop()
    deadlines.stop()
    clock.advance(200)
    expect([looks, times()]).to.deep.equal([0, []])
    watch(300)
    clock.advance(100)
    expect(times(), 'the forgotten one, too').to.deep.equal([300, 300])
  })
})
