import { expect } from 'chai'
import { ClosedError, ReferenceLostError } from '../../../lib/errors.ts'
import type { SentCall } from '../../../lib/rpc/calls/sent-call.ts'
import type { Loaner } from '../../../lib/rpc/objects/borrowed.ts'
import { BorrowedCalls } from '../../../lib/rpc/objects/borrowed-calls.ts'
import type { PartnerCalls } from '../../../lib/rpc/objects/partner-calls.ts'
import { collectUnhandled } from '../../helpers/unhandled.ts'

const SETTINGS = { timeoutMs: 1_000, signal: undefined, options: undefined, isAskedAfter: true }
const LOANER: Loaner = { kind: 'Reference', at: 'client:A', id: 7, loan: 1, lost: undefined }

describe('calls through borrowed things', () => {
  const failed = new Error('no')
  const rejecting = () => ({ answered: Promise.reject(failed) }) as Partial<SentCall> as SentCall
  const through = (isQuiet: boolean, calls?: Partial<PartnerCalls>) =>
    new BorrowedCalls({
      settings: SETTINGS,
      isQuiet,
      outgoing: undefined,
      calls: () => calls as PartnerCalls | undefined,
      pin: () => {},
      onCall: () => {},
    })
  const rejection = async (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error)

  it('go to the owner, by the number of the thing there', async () => {
    const sent: unknown[] = []
    const call = (...args: unknown[]) => {
      sent.push(args)
      return { answered: Promise.resolve(3) } as Partial<SentCall> as SentCall
    }
    expect(await through(false, { call }).call(LOANER, 'add', [1, 2])).to.equal(3)
    expect(sent).to.deep.equal([['client:A', 7, 'add', [1, 2], SETTINGS]])
  })

  it('reject before the end has started', async () => {
    expect(await rejection(through(false).call(LOANER, 'add', []))).to.be.instanceOf(ClosedError)
  })

  it('reject with the reason once the thing is lost', async () => {
    const lost = new ReferenceLostError('an object of calc', 'it was released')
    const call = () => expect.fail('it was sent')
    expect(await rejection(through(false, { call }).call({ ...LOANER, lost }, 'add', []))).to.equal(lost)
  })

  it('end no process when nobody awaits them, if they are quiet', async () => {
    await collectUnhandled(async (unhandled) => {
      void through(true, { call: rejecting }).call(LOANER, 'progress', [1])
      await new Promise(setImmediate)
      expect(unhandled).to.deep.equal([])
      void through(false, { call: rejecting }).call(LOANER, 'progress', [1])
      await new Promise(setImmediate)
      expect(unhandled).to.deep.equal([failed])
    })
  })
})
