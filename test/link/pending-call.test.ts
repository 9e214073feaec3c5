import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import { ClosedError, ConnectionError, TimeoutError } from '../../lib/errors.ts'
import { Deadlines } from '../../lib/link/deadlines.ts'
import { PendingCall, type Settlement } from '../../lib/link/pending-call.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { rejection } from '../helpers/pair.ts'

describe('a pending call', () => {
  let clock: ManualClock
  let waiting: Set<PendingCall<string>>
  let released: Settlement[]
  let obstacle: unknown
  let deadlines: Deadlines

  beforeEach(() => {
    clock = new ManualClock()
    waiting = new Set()
    released = []
    obstacle = undefined
    deadlines = new Deadlines(
      clock,
      () => waiting,
      () => obstacle,
    )
  })
  afterEach(() => {
    deadlines.stop()
    expect(clock.pending, 'timers').to.equal(0)
  })

  const begin = (signal?: AbortSignal, timeoutMs = 100): PendingCall<string> => {
    const call = new PendingCall<string>('calc.add', { timeoutMs, signal }, deadlines, (ended, how) => {
      waiting.delete(ended)
      released.push(how)
    })
    waiting.add(call)
    return call
  }

  it('resolves with its answer, and is released once', async () => {
    const call = begin()
    expect(call.cancelled).to.equal(false)
    call.answer('3')
    expect(call.cancelled).to.equal(true)
    expect(await call.answered).to.equal('3')
    expect(released).to.deep.equal(['answered'])
  })

  it('settles once, whatever comes later', async () => {
    const endings: [how: Settlement, end: (call: PendingCall<string>) => void][] = [
      ['answered', (call) => call.answer('late')],
      ['failed', (call) => call.fail(() => new Error('late'))],
      ['expired', (call) => call.expire(undefined)],
      ['aborted', (call) => call.aborted()],
      ['closed', (call) => call.close()],
      ['failed', (call) => call.undelivered(new ConnectionError('late'))],
    ]
    for (const [how, end] of endings) {
      const call = begin()
      end(call)
      for (const [, again] of endings) again(call)
      expect(released.splice(0), how).to.deep.equal([how])
      await call.answered.catch(() => {})
    }
  })

  it('makes no error after it has settled', async () => {
    const call = begin()
    call.answer('3')
    call.fail(() => expect.fail('nobody gets it'))
    expect(await call.answered).to.equal('3')
  })

  it('rejects with whatever it fails with, be it no error', async () => {
    for (const thrown of [undefined, null, 0, '', new RangeError('no')]) {
      const call = begin()
      call.fail(() => thrown)
      expect(await rejection(call.answered)).to.equal(thrown)
    }
  })

  it('has its own error when what delivers many of them fails', async () => {
    const calls = [begin(), begin()]
    const lost = new ConnectionError('push: Redis refused: no', { cause: 'why' })
    for (const call of calls) call.undelivered(lost)
    const errors = (await Promise.all(calls.map((call) => rejection(call.answered)))) as Error[]
    expect(errors[0]).not.to.equal(errors[1])
    for (const error of errors)
      expect(error).to.be.instanceOf(ConnectionError).that.includes({ message: lost.message, cause: 'why' })
  })

  it('times out, and says what may be the reason', async () => {
    const [one, other] = [begin(), begin(undefined, 200)]
    clock.advance(99)
    expect(released).to.deep.equal([])
    clock.advance(1)
    const error = await rejection(one.answered)
    expect(error).to.be.instanceOf(TimeoutError).that.includes({ operation: 'calc.add', timeoutMs: 100 })
    expect(error).not.to.have.property('cause')
    obstacle = new Error('no connection')
    clock.advance(100)
    expect(await rejection(other.answered)).to.have.property('cause', obstacle)
    expect(released).to.deep.equal(['expired', 'expired'])
  })

  it('says which call was waiting when its client was closed', async () => {
    const call = begin()
    call.close()
    const error = await rejection(call.answered)
    expect(error).to.be.instanceOf(ClosedError).with.property('message').that.contains('calc.add')
  })

  it('rejects with the reason of its signal', async () => {
    for (const reason of [new Error('enough'), 'enough', 0, null]) {
      const stop = new AbortController()
      const call = begin(stop.signal)
      stop.abort(reason)
      expect(await rejection(call.answered)).to.equal(reason)
    }
    expect(released).to.deep.equal(Array(4).fill('aborted'))
  })

  it('listens to its signal no longer than it waits', async () => {
    const { signal } = new AbortController()
    const calls = Array.from({ length: 20 }, () => begin(signal))
    expect(getEventListeners(signal, 'abort'), 'shared').to.have.length(1)
    for (const call of calls) call.answer('3')
    expect(getEventListeners(signal, 'abort')).to.have.length(0)
    await Promise.all(calls.map(({ answered }) => answered))
  })

  it('may be ended by the release of another that the same signal ends', async () => {
    const stop = new AbortController()
    const second: { call?: PendingCall<string> } = {}
    const first = new PendingCall<string>('calc.first', { timeoutMs: 100, signal: stop.signal }, deadlines, () =>
      second.call?.close(),
    )
    second.call = begin(stop.signal)
    stop.abort('enough')
    expect(await rejection(first.answered)).to.equal('enough')
    expect(await rejection(second.call.answered)).to.be.instanceOf(ClosedError)
    expect(released).to.deep.equal(['closed'])
  })

  it('has an error with the stack of its caller', async () => {
    const call = begin()
    async function askedHere(): Promise<string> {
      return await call.answered
    }
    const asked = rejection(askedHere())
    call.close()
    expect(await asked)
      .to.have.property('stack')
      .that.contains('askedHere')
  })
})
