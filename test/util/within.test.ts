import { expect } from 'chai'
import { deferred } from '../../lib/util/deferred.ts'
import { waitAtMost, within } from '../../lib/util/within.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { rejection } from '../helpers/pair.ts'

describe('within', () => {
  const late = () => new Error('late')
  let clock: ManualClock
  beforeEach(() => {
    clock = new ManualClock()
  })
  afterEach(() => expect(clock.pending, 'timers').to.equal(0))

  it('gives what the work gives, also what it throws', async () => {
    expect(await within(clock, 10, Promise.resolve(5), late)).to.equal(5)
    expect(await rejection(within(clock, 10, Promise.reject('no'), late))).to.equal('no')
  })

  it('makes an error when the time is over, and only then', async () => {
    const work = deferred<number>()
    const waiting = within(clock, 10, work.promise, late)
    clock.advance(9)
    expect(clock.pending).to.equal(1)
    clock.advance(1)
    expect(await rejection(waiting)).to.have.property('message', 'late')
    await within(clock, 10, Promise.resolve(), () => expect.fail('it was in time'))
  })

  it('lets work that fails too late end no process', async () => {
    const work = deferred()
    const waiting = rejection(within(clock, 10, work.promise, late))
    clock.advance(10)
    expect(await waiting).to.have.property('message', 'late')
    work.reject(new Error('later still'))
    await work.promise.catch(() => {})
  })

  it('waits at most for the time, whether the work ends well, ends badly or does not end', async () => {
    await waitAtMost(clock, 10, Promise.resolve())
    await waitAtMost(clock, 10, Promise.reject(new Error('no')))
    const waiting = waitAtMost(clock, 10, new Promise(() => {}))
    clock.advance(10)
    expect(await waiting).to.equal(undefined)
  })
})
