import { expect } from 'chai'
import type { Link } from '../../../lib/link/link.ts'
import type { Calls } from '../../../lib/rpc/calls/calls.ts'
import type { Notices } from '../../../lib/rpc/fate/notices.ts'
import { Objects } from '../../../lib/rpc/objects/objects.ts'
import { Codec } from '../../../lib/wire/codec.ts'
import type { Handle, HandleKind } from '../../../lib/wire/handle.ts'
import type { Request } from '../../../lib/wire/message.ts'
import { GOODBYE, RELEASE } from '../../../lib/wire/reserved.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const OWN = 'calc:rpc:V1StGXR8_Z5j'
const PARTNER = '{calc}:server:JJgfjfgbIgOZ'
const HANDLE: Handle = { at: PARTNER, id: 7, loan: 7 }
const KINDS: readonly HandleKind[] = ['Function', 'Reference', 'AbortSignal', 'Stream']

/** An endpoint whose messages are only written down. */
class Endpoint {
  readonly clock = new ManualClock()
  readonly sent: (readonly unknown[])[] = []
  readonly errors: Error[] = []
  uses = 0
  readonly objects: Objects
  readonly codec: Codec

  constructor() {
    const settings = { timeoutMs: 30_000, signal: undefined, options: undefined, isAskedAfter: true }
    this.objects = new Objects({
      service: 'calc',
      own: OWN,
      of: 'the client of calc',
      maxReferences: 100,
      references: [],
      streams: { maxStreams: 10, streamIdleMs: 30_000, streamWindowBytes: 1_000 },
      settings,
      isPartner: (list) => list === PARTNER,
      table: '{calc}:servers',
      clock: this.clock,
      onError: (error) => void this.errors.push(error),
      onUse: () => void this.uses++,
      isQuiet: false,
      outgoing: undefined,
    })
    this.codec = new Codec({ objects: this.objects })
    const notices = { send: (...notice: unknown[]) => void this.sent.push(notice) }
    const nothing = {
      begin: (): never => {
        throw new Error('a call was made')
      },
    }
    const { codec, objects } = this
    objects.start({
      link: nothing as unknown as Link,
      calls: nothing as unknown as Calls,
      codec,
      notices: notices as unknown as Notices,
    })
  }

  /** What is left of it that could still do something. */
  get left(): object {
    const { objects, clock, sent, errors, uses } = this
    return { ...objects.counts, timers: clock.pending, sent: sent.length, errors: errors.length, uses }
  }
}

const request = (value: unknown, meta: unknown): Request => ({
  on: 1,
  method: '',
  args: [value],
  kwargs: undefined,
  meta,
  address: { list: PARTNER, id: 1 },
  sent: undefined,
  deadline: undefined,
  life: undefined,
  options: {},
  began: 0,
})
const meta = (kind: HandleKind) => ({ values: { 0: [['custom', kind]] }, v: 1 })

/** What may still arrive, or be done, after an endpoint has closed. */
const EVENTS: Readonly<Record<string, (endpoint: Endpoint) => unknown>> = {
  'a loan that is returned': ({ objects }) => objects.hear(RELEASE, [PARTNER, [1, 2, 3], [1]]),
  'a goodbye': ({ objects }) => objects.hear(GOODBYE, [PARTNER]),
  'a call of something that was lent': ({ objects, codec }) => objects.run(request(1, undefined), codec),
  'a new connection': ({ objects }) => objects.connected(),
  'a second close': ({ objects }) => objects.close(),
  'the end of signals': ({ objects }) => objects.endSignals(),
  'a function to lend': ({ codec }) => codec.encode(() => 1, 'value', { to: PARTNER, isRequest: false }),
  ...Object.fromEntries(
    KINDS.flatMap(
      (kind) =>
        [
          [
            `a reply with a ${kind} that nobody waits for`,
            ({ objects }) => objects.discard({ failed: false, value: [HANDLE], meta: meta(kind) } as never),
          ],
          [`a request with a ${kind}`, ({ objects, codec }) => objects.decodeArgs(request(HANDLE, meta(kind)), codec)],
          [`a ${kind} that was not decoded`, ({ objects }) => objects.decline(HANDLE, PARTNER)],
        ] satisfies [string, (endpoint: Endpoint) => unknown][],
    ),
  ),
}

describe('an endpoint that has closed', () => {
  let endpoint: Endpoint
  let before: object
  beforeEach(() => {
    endpoint = new Endpoint()
    const { objects, codec } = endpoint
    codec.encode([() => 1, new AbortController().signal, (async function* () {})()], 'value', {
      to: PARTNER,
      isRequest: false,
    })
    for (const [id, kind] of KINDS.entries()) codec.decode([{ ...HANDLE, id }], meta(kind), 'value', PARTNER)
    objects.close()
    before = endpoint.left
  })

  it('has nothing left, and has said goodbye', () => {
    expect(before).to.include({ lent: 0, borrowed: 0, timers: 0 })
    expect(endpoint.sent.at(-1)?.slice(0, 2)).to.deep.equal([PARTNER, GOODBYE])
  })

  for (const [name, happen] of Object.entries(EVENTS))
    it(`neither does nor holds anything for ${name}`, async () => {
      try {
        await happen(endpoint)
      } catch {
        // Whoever asks gets an error.
      }
      await new Promise((resolve) => setImmediate(resolve))
      endpoint.clock.advance(120_000)
      expect({ ...endpoint.left, uses: 0 }).to.deep.equal({ ...before, uses: 0 })
    })
})
