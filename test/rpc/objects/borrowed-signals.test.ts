import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { ReferenceLostError, TimeoutError } from '../../../lib/errors.ts'
import type { Loaner } from '../../../lib/rpc/objects/borrowed.ts'
import { BorrowedSignals } from '../../../lib/rpc/objects/borrowed-signals.ts'
import { type Deferred, deferred } from '../../../lib/util/deferred.ts'

describe('signals that an endpoint has borrowed', () => {
  let waits: Deferred<unknown>[]
  let released: number[]
  let signals: BorrowedSignals
  beforeEach(() => {
    waits = []
    released = []
    signals = new BorrowedSignals({
      wait: () => {
        const wait = deferred<unknown>()
        waits.push(wait)
        return wait.promise
      },
      release: ({ id }) => void released.push(id),
      decode: (json) => json,
    })
  })
  const loaner = (id: number, at = 'A'): Loaner => ({ kind: 'AbortSignal', at, id, loan: id, lost: undefined })
  const make = async (id: number, at?: string): Promise<AbortSignal> => {
    const signal = signals.make(loaner(id, at))
    await setImmediate()
    return signal
  }

  it('fire with the reason of their owner, and are given back', async () => {
    const signal = await make(1)
    waits[0]!.resolve({ reason: 'enough' })
    await setImmediate()
    expect([signal.aborted, signal.reason, released]).to.deep.equal([true, 'enough', [1]])
    expect(signals.aborted({ at: 'A', id: 0, loan: 0, reason: 'before' }).reason).to.equal('before')
  })

  it('wait again when a wait was long, and no more when it failed otherwise', async () => {
    const signal = await make(1)
    waits[0]!.reject(new TimeoutError('a signal', 1))
    await setImmediate()
    expect(waits).to.have.lengthOf(2)
    waits[1]!.reject(new Error('no'))
    await setImmediate()
    expect([signal.aborted, released, waits.length]).to.deep.equal([false, [1], 2])
  })

  it('do not fire for an answer that gives no reason', async () => {
    for (const [n, answer] of [undefined, null, 'enough', 5].entries()) {
      const signal = await make(n)
      waits[n]!.resolve(answer)
      await setImmediate()
      expect(signal.aborted).to.equal(false)
    }
    expect(released).to.deep.equal([0, 1, 2, 3])
  })

  it('fire when their owner is gone, as nobody else could fire them', async () => {
    const lost = await make(1, 'A')
    const other = await make(2, 'B')
    signals.lose('A')
    expect(lost.reason).to.be.instanceOf(ReferenceLostError)
    expect(other.aborted).to.equal(false)
    waits[0]!.reject(new ReferenceLostError('a signal', 'its owner is gone'))
    await setImmediate()
    expect(released, 'it went with its owner').to.deep.equal([])
  })
})
