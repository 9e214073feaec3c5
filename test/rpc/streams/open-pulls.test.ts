import { expect } from 'chai'
import { OpenPulls } from '../../../lib/rpc/streams/open-pulls.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

describe('the open pulls of a stream', () => {
  const pull = (seq: number, waitMs = 1_000) => ({ seq, maxItems: 10, maxBytes: 1_000, waitMs })
  let clock: ManualClock
  let pulls: OpenPulls
  beforeEach(() => {
    clock = new ManualClock()
    pulls = new OpenPulls(clock)
  })

  it('are served in the order of their numbers, even if one overtakes the other', () => {
    const second = pulls.add(pull(1))
    expect(second).not.to.equal(undefined)
    expect(pulls.head).to.equal(undefined)
    const first = pulls.add(pull(0))
    expect(pulls.head).to.equal(first)
    if (first !== undefined) pulls.answer(first)
    expect(pulls.head).to.equal(second)
  })

  it('are answered once', async () => {
    const first = pulls.add(pull(0))!
    pulls.answer(first, ',"done":true')
    pulls.answer(first)
    expect(await first.answer.promise).to.equal('{"items":[],"done":true}')
  })

  it('are refused if a number comes again, or more than one is skipped', () => {
    expect(pulls.add(pull(2))).to.equal(undefined)
    const first = pulls.add(pull(0))
    expect(pulls.add(pull(0))).to.equal(undefined)
    if (first !== undefined) pulls.answer(first)
    expect(pulls.add(pull(0))).to.equal(undefined)
    expect(pulls.add(pull(1))).not.to.equal(undefined)
  })

  it('are answered with what there is once they have waited long enough', async () => {
    const open = pulls.add(pull(0, 50))
    clock.advance(50)
    expect(JSON.parse((await open?.answer.promise) ?? '')).to.deep.equal({ items: [] })
    expect(pulls.head).to.equal(undefined)
    expect(clock.pending).to.equal(0)
  })

  it('leave no timer when all are answered or rejected', async () => {
    const answered = pulls.add(pull(0))
    pulls.answerAll('')
    await answered?.answer.promise
    const rejected = pulls.add(pull(1))
    pulls.rejectAll(new Error('the stream is over'))
    expect(await rejected?.answer.promise.catch((error: Error) => error.message)).to.equal('the stream is over')
    expect(clock.pending).to.equal(0)
  })
})
