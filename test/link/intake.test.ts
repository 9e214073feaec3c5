import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { Intake } from '../../lib/link/intake.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

describe('the intake of a server', () => {
  let clock: ManualClock
  let running: number
  let handled: string[]
  let rooms: number
  let costMs: number
  let isAsync: boolean
  const make = (concurrency: number): Intake =>
    new Intake({
      concurrency,
      running: () => running,
      handle: (text) => {
        handled.push(text)
        clock.advance(costMs)
        if (isAsync) running++
      },
      onRoom: () => void rooms++,
      clock,
    })
  const texts = (count: number, from = 1): string[] => Array.from({ length: count }, (_, i) => `${from + i}`)

  beforeEach(() => {
    clock = new ManualClock()
    running = 0
    handled = []
    rooms = 0
    costMs = 0
    isAsync = false
  })

  it('begins what is quick at once', async () => {
    const intake = make(100)
    intake.take(texts(50))
    expect(handled).to.deep.equal(texts(50))
    await intake.emptied()
  })

  it('lets go after a slice of time, and goes on in the next turn, in order', async () => {
    const intake = make(100)
    costMs = 4
    intake.take(texts(5))
    expect(handled).to.deep.equal(texts(3))
    intake.take(texts(2, 6))
    expect(handled).to.deep.equal(texts(3))
    let isEmpty = false
    void intake.emptied().then(() => {
      isEmpty = true
    })
    await setImmediate()
    expect(handled).to.deep.equal(texts(6))
    expect([isEmpty, rooms]).to.deep.equal([false, 1])
    await setImmediate()
    expect(handled).to.deep.equal(texts(7))
    expect([isEmpty, rooms]).to.deep.equal([true, 2])
  })

  it('begins no more calls than may run at once, the next once one has ended', async () => {
    const intake = make(2)
    isAsync = true
    intake.take(texts(4))
    expect(handled).to.deep.equal(['1', '2'])
    await setImmediate()
    expect(handled).to.deep.equal(['1', '2'])
    running--
    intake.resume()
    await setImmediate()
    expect(handled).to.deep.equal(['1', '2', '3'])
    running -= 2
    intake.resume()
    await setImmediate()
    expect(handled).to.deep.equal(texts(4))
    await intake.emptied()
  })

  it('is waited for anew once it was empty', async () => {
    const intake = make(100)
    costMs = 10
    for (const batch of [texts(2), texts(2, 3)]) {
      intake.take(batch)
      await intake.emptied()
      expect(handled.at(-1)).to.equal(batch.at(-1))
    }
  })

  it('has room for what may run at once, less what runs and what was popped', () => {
    const intake = make(10)
    isAsync = true
    expect([intake.room(0), intake.room(4), intake.room(10)]).to.deep.equal([10, 6, 0])
    intake.take(texts(3))
    expect([intake.room(0), intake.room(4)]).to.deep.equal([7, 3])
  })

  it('fetches on while synchronous calls are quick', () => {
    const intake = make(10)
    intake.take(texts(10))
    expect(intake.room(10)).to.equal(10)
    isAsync = true
    intake.take(texts(10))
    expect(intake.room(0)).to.equal(0)
  })

  it('leaves on the list what would take long', async () => {
    const intake = make(100)
    costMs = 50
    intake.take(['1'])
    intake.take(['2'])
    intake.take(['3'])
    expect([intake.room(0), intake.room(1), intake.room(2)]).to.deep.equal([2, 1, 0])
    costMs = 5_000
    intake.take(['4'])
    expect([intake.room(0), intake.room(1)]).to.deep.equal([1, 0])
    costMs = 0
    for (let i = 0; i < 30; i++) intake.take(['quick again'])
    expect(intake.room(0)).to.equal(100)
  })
})
