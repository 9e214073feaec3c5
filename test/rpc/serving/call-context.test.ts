import { expect } from 'chai'
import { ServedContext } from '../../../lib/rpc/serving/call-context.ts'
import type { Request } from '../../../lib/wire/message.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

describe('the context of a call', () => {
  const make = (clock: ManualClock): ServedContext =>
    new ServedContext('calc', { method: 'rows', options: {} } as Request, clock.now() + 1_000, clock)

  it('has a signal that fires at the deadline, as long as the method runs', () => {
    const clock = new ManualClock()
    const late = make(clock)
    const ended = make(clock)
    const signals = [late.signal, ended.signal]
    ended.end()
    clock.advance(1_000)
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, false])
    ended.abort(new Error('too late'))
    expect(ended.signal.aborted).to.equal(false)
    expect(clock.pending).to.equal(0)
  })

  it('has a signal that has fired if it is first read after the deadline', () => {
    const clock = new ManualClock()
    const context = make(clock)
    clock.advance(1_000)
    expect(context.signal.aborted).to.equal(true)
    expect(context.signal.reason).to.have.property('name', 'TimeoutError')
    expect(clock.pending).to.equal(0)
  })

  it('goes on for the streams that the method returned, whatever the deadline', () => {
    const clock = new ManualClock()
    const context = make(clock)
    const { signal } = context
    context.streamBegins()
    context.streamBegins()
    context.end()
    clock.advance(5_000)
    expect(signal.aborted).to.equal(false)
    context.streamEnds('first')
    expect(signal.aborted).to.equal(false)
    context.streamEnds('left')
    expect(signal.reason).to.equal('left')
  })

  it('knows that it should stop before anybody has asked for its signal', () => {
    const clock = new ManualClock()
    const context = make(clock)
    expect(() => context.throwIfStopped()).not.to.throw()
    clock.advance(1_000)
    expect(() => context.throwIfStopped()).to.throw('the deadline of the call has passed')
    const stopped = make(clock)
    stopped.abort('enough')
    expect(stopped.signal.reason).to.equal('enough')
    let thrown: unknown
    try {
      stopped.throwIfStopped()
    } catch (error) {
      thrown = error
    }
    expect(thrown).to.equal('enough')
  })

  it('does not fire the signal for a stream that came to its end', () => {
    const clock = new ManualClock()
    const context = make(clock)
    context.streamBegins()
    context.end()
    context.streamEnds(undefined)
    context.abort('too late')
    expect(context.signal.aborted).to.equal(false)
    expect(clock.pending).to.equal(0)
  })

  it('makes a signal for a stream that asks for it late, without a timer', () => {
    const clock = new ManualClock()
    const context = make(clock)
    context.streamBegins()
    context.end()
    expect(context.signal.aborted).to.equal(false)
    expect(clock.pending).to.equal(0)
    context.streamEnds('left')
    expect(context.signal.aborted).to.equal(true)
  })
})
