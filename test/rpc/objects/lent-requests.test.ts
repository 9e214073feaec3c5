import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { MethodNotFoundError, ProtocolError, ReferenceLostError } from '../../../lib/errors.ts'
import { Lent } from '../../../lib/rpc/objects/lent.ts'
import { LentRequests } from '../../../lib/rpc/objects/lent-requests.ts'
import { firedHandle, LentSignal, lentSignalOf, sendableReason } from '../../../lib/rpc/objects/lent-signal.ts'
import { LentStream } from '../../../lib/rpc/objects/lent-stream.ts'
import { readEndMode } from '../../../lib/rpc/streams/messages.ts'
import { Codec } from '../../../lib/wire/codec.ts'
import type { Request } from '../../../lib/wire/message.ts'
import { rejection } from '../../helpers/pair.ts'

const SERVER = '{calc}:server:V1StGXR8_Z5j'
const codec = new Codec()

describe('requests to what is lent', () => {
  let lent: Lent
  let requests: LentRequests
  beforeEach(() => {
    lent = new Lent({
      maxReferences: 10,
      maxStreams: 10,
      of: 'the client of calc',
      isServer: (list) => list === SERVER,
      onEnd: ({ object }) => {
        if (object instanceof LentSignal) object.end()
      },
      onBorrowed: () => {},
    })
    requests = new LentRequests({
      service: 'calc',
      own: 'calc:rpc:1',
      lent,
      decodeArgs: ({ args }) => args,
    })
  })
  const lend = (kind: 'Function' | 'AbortSignal' | 'Stream', object: object): number =>
    lent.lend(kind, object, { to: SERVER, isRequest: false }).thing.id
  const run = (on: number, method: string, list = SERVER): unknown =>
    requests.run({ on, method, args: [2], address: { list, id: 1 } } as Partial<Request> as Request, codec)

  it('run a function, under no name, for those who have borrowed it', () => {
    const on = lend('Function', (value: number) => value * 2)
    expect(run(on, '')).to.equal(4)
    for (const name of ['call', 'apply', 'constructor', 'rpc.wait'])
      expect(() => run(on, name), name).to.throw(MethodNotFoundError)
    for (const list of ['', '{calc}:server:AAAAAAAAAAAA', 'calc:rpc:2'])
      expect(() => run(on, '', list), list).to.throw(ReferenceLostError)
  })

  it('of a stream are the next items and its end, and nothing else', () => {
    const stream = Object.create(LentStream.prototype) as LentStream
    for (const name of ['', 'next', 'rpc.wait', 'throw'])
      expect(() => run(lend('Stream', stream), name), name).to.throw(MethodNotFoundError)
    for (const mode of [undefined, 'next', ['return'], 5])
      expect(() => readEndMode(mode)).to.throw(ProtocolError, 'ended by')
  })

  it('wait for a signal until it fires, has fired, or nobody can fire it any more', async () => {
    const stop = new AbortController()
    const on = lend('AbortSignal', lentSignalOf(lent, stop.signal))
    const waits = [run(on, 'rpc.wait'), run(on, 'rpc.wait')]
    stop.abort('enough')
    expect(await Promise.all([...waits, run(on, 'rpc.wait')])).to.deep.equal(Array(3).fill({ reason: 'enough' }))
    const other = lentSignalOf(lent, new AbortController().signal)
    const waiting = rejection(run(lend('AbortSignal', other), 'rpc.wait') as Promise<unknown>)
    await setImmediate()
    lent.end()
    expect(await waiting).to.be.instanceOf(ReferenceLostError)
    expect(await rejection(other.wait())).to.be.instanceOf(ReferenceLostError)
  })

  it('show a signal whose reason cannot be sent as aborted all the same', () => {
    const unsendable = () => 1
    expect(sendableReason('enough', codec)).to.equal('enough')
    expect(sendableReason(unsendable, codec)).to.be.instanceOf(DOMException).with.property('name', 'AbortError')
    expect(firedHandle('A', 'enough', codec)).to.deep.equal({
      at: 'A',
      id: 0,
      loan: 0,
      aborted: true,
      reason: 'enough',
    })
    const dated = firedHandle('A', new Date(0), codec)
    expect(codec.decode(dated.reason, dated.meta)).to.deep.equal(new Date(0))
    expect(firedHandle('A', unsendable, codec)).to.have.property('meta')
  })
})
