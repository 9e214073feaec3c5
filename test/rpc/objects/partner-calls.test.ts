import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { DeliveryUnknownError, ReferenceLostError } from '../../../lib/errors.ts'
import type { Link } from '../../../lib/link/link.ts'
import type { PushedMessage } from '../../../lib/link/outbox.ts'
import { Calls } from '../../../lib/rpc/calls/calls.ts'
import { PartnerCalls } from '../../../lib/rpc/objects/partner-calls.ts'
import { signingOf } from '../../../lib/rpc/signing.ts'
import { Codec } from '../../../lib/wire/codec.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { rejection } from '../../helpers/pair.ts'

const SERVER = '{calc}:server:V1StGXR8_Z5j'
const SETTINGS = { timeoutMs: 60_000, signal: undefined, options: undefined, isAskedAfter: true }
const NOTHING = {
  running: [],
  answered: [],
  done: [],
  forgotten: [],
  reachMs: null,
  gaplessMs: 0,
  settlesMs: 0,
  met: [],
}

interface Sent {
  readonly id: number
  readonly function_call: { readonly name: string; readonly args: readonly unknown[] }
  readonly options?: { readonly attempt?: number }
}

describe('calls to what one endpoint has lent', () => {
  let clock: ManualClock
  let sent: Sent[]
  /** What Redis finds in the list. */
  let position: number | null
  let calls: Calls
  let partner: PartnerCalls
  beforeEach(() => {
    clock = new ManualClock()
    sent = []
    position = null
    const outbox = {
      push: (_list: string, message: PushedMessage) => {
        sent.push(JSON.parse(message.text))
        message.delivered?.()
      },
    }
    const link = {
      outbox,
      connectedAt: 0,
      hasEndedFormer: true,
      obstacle: undefined,
      toRedisTime: (ms: number) => ms,
      run: (commands: (redis: unknown) => unknown) => commands({ lpos: async () => position }),
    } as unknown as Link
    const codec = new Codec()
    const { limits } = codec
    const onError = (error: Error): never => expect.fail(String(error))
    const signing = signingOf({ secret: [], limits, clock, onError })
    const onGivenUp = (): void => {}
    calls = new Calls({
      address: 'calc:rpc:1',
      link,
      codec,
      limits,
      clock,
      signing,
      onError,
      service: 'calc',
      onGivenUp,
    })
    partner = new PartnerCalls({ service: 'calc', calls, codec, link, clock, onQuestion: undefined })
  })
  afterEach(() => {
    partner.close()
    calls.close()
    expect(clock.pending).to.equal(0)
  })

  const call = () => partner.call(SERVER, 7, 'run', [], SETTINGS)
  /** Lets time pass until the endpoint is asked, and answers. */
  const answer = async (said: object | undefined, ms = 1_000): Promise<void> => {
    const before = sent.length
    clock.advance(ms)
    await setImmediate()
    const question = sent[before]
    expect(question?.function_call).to.deep.equal({ name: 'rpc.ask', args: [[1]] })
    if (said === undefined) clock.advance(1_000)
    else calls.take(JSON.stringify({ id: question?.id, return_value: { ...NOTHING, ...said } }))
    await setImmediate()
  }
  /** The attempts at the call that were sent. */
  const attempts = (): number[] => sent.flatMap(({ id, options }) => (id === 1 ? [options?.attempt ?? 1] : []))

  it('wait while it runs them, and while it does not answer', async () => {
    const { answered } = call()
    await answer({ running: [1] })
    await answer(undefined)
    await answer({ forgotten: [1] }, 2_000)
    expect(attempts()).to.deep.equal([1])
    calls.take('{"id":1,"return_value":5}')
    expect(await answered).to.equal(5)
    expect(partner.size).to.equal(0)
  })

  it('are sent again when it knows nothing of them, and they are not in its list either', async () => {
    const { answered } = call()
    position = 0
    await answer({})
    expect(attempts()).to.deep.equal([1])
    position = null
    await answer({})
    // It is asked twice, since it may have taken the call between the two looks.
    const second = sent.at(-1)
    calls.take(JSON.stringify({ id: second?.id, return_value: NOTHING }))
    await setImmediate()
    expect(attempts()).to.deep.equal([1, 2])
    calls.take('{"id":1,"return_value":5}')
    expect(await answered).to.equal(5)
  })

  it('are rejected when they have run and their answer is lost', async () => {
    const { answered } = call()
    const failed = rejection(answered)
    await answer({ done: [1] })
    expect(await failed).to.be.instanceOf(DeliveryUnknownError)
  })

  it('are rejected when it has left or is lost, and those to others wait on', async () => {
    const failed = rejection(call().answered)
    const other = partner.call('{calc}:server:AAAAAAAAAAAA', 7, 'run', [], SETTINGS)
    partner.lose(SERVER, 'lost')
    expect(await failed).to.be.instanceOf(ReferenceLostError)
    expect([...partner.lists]).to.deep.equal(['{calc}:server:AAAAAAAAAAAA'])
    calls.take(`{"id":${other.id},"return_value":1}`)
    expect(await other.answered).to.equal(1)
  })
})
