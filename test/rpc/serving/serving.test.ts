import { expect } from 'chai'
import type { Link } from '../../../lib/link/link.ts'
import { Serving } from '../../../lib/rpc/serving/serving.ts'
import { signingOf } from '../../../lib/rpc/signing.ts'
import { deferred } from '../../../lib/util/deferred.ts'
import { Codec } from '../../../lib/wire/codec.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const LIST = 'calc:rpc:V1StGXR8_Z5j'

/** A server in memory, whose lease is over until a test says otherwise; its replies are kept. */
function make({ maxMessageBytes = 1_000, run = (): unknown => undefined } = {}) {
  const clock = new ManualClock()
  const limits = { maxMessageBytes, maxDepth: 50, of: 'the server of calc' }
  const codec = new Codec({ classes: [], types: [], limits })
  const replies: unknown[] = []
  const outbox = { push: (_list: string, { text }: { text: string }) => void replies.push(JSON.parse(text)) }
  const link = { outbox, resume: () => {}, toRedisTime: (now: number) => now } as unknown as Link
  const lease = { isValid: false }
  const ran: string[] = []
  const errors: Error[] = []
  const onError = (error: Error): void => void errors.push(error)
  const serving = new Serving({
    service: 'calc',
    link,
    codec,
    limits,
    clock,
    signing: signingOf({ secret: [], limits, clock, onError }),
    onError,
    exposeStacks: false,
    concurrency: 10,
    maxQueueAgeMs: Number.POSITIVE_INFINITY,
    replyPrefixes: ['calc:rpc:', '{calc}:server:'],
    dispatch: ({ method }) => {
      ran.push(method)
      return run()
    },
    builtin: () => null,
    mayAct: () => lease.isValid,
  })
  serving.life = 'life'
  const request = (id: number, options?: object, list = LIST) =>
    `{"function_call":{"name":"add","args":[]},${options ? `"options":${JSON.stringify(options)},` : ''}"life":"life","response_queue":"${list}","id":${id},"sent":1,"deadline":2000000000000}`
  return { serving, clock, lease, ran, replies, errors, request }
}

describe('serving while the lease has run out', () => {
  it('runs what was held once the lease is renewed, and then closes', async () => {
    const { serving, lease, ran, replies, request } = make()
    serving.take([request(1), request(2)])
    const finished = serving.finish(1_000)
    expect([ran, serving.waiting]).to.deep.equal([[], 2])
    lease.isValid = true
    serving.resume()
    await finished
    expect(ran).to.deep.equal(['add', 'add'])
    expect(replies).to.have.length(2)
  })

  it('closes after its time though the lease is never renewed, and says that nobody ran what was held', async () => {
    const { serving, clock, ran, replies, errors, request } = make()
    serving.take([request(1)])
    serving.take([`{"function_call":{"name":"add","args":[]},"response_queue":"${LIST}"}`])
    serving.take(['{"function_call":{"name":"add","args":[]},"options":{"notify":true}}', 'no JSON'])
    serving.takeOwn(`{"function_call":{"name":"rpc.ask","args":[[1]]},"response_queue":"${LIST}"}`)
    const finished = serving.finish(1_000)
    clock.advance(1_000)
    await finished
    expect([ran, serving.waiting]).to.deep.equal([[], 0])
    expect(replies[0]).to.include({ id: 1, again: 'life' })
    for (const reply of replies.slice(1))
      expect(reply).to.have.property('exception').that.includes('server calc was closed')
    expect(replies).to.have.lengthOf(3)
    expect(errors.map(({ name }) => name)).to.deep.equal(['ClosedError', 'ProtocolError'])
    expect(serving.stats).to.deep.equal({ succeeded: 0, failed: 2, expired: 0, junk: 1 })
  })

  it('sends back at once what comes after it has given up', async () => {
    const { serving, clock, replies, request } = make()
    const finished = serving.finish(1_000)
    await finished
    serving.take([request(1)])
    const again = serving.finish(1_000)
    clock.advance(1_000)
    await again
    serving.take([request(2)])
    expect(replies.map((reply) => (reply as { id: number }).id)).to.deep.equal([1, 2])
    expect(serving.waiting).to.equal(0)
  })
})

describe('serving', () => {
  const begin = (options?: Parameters<typeof make>[0]) => {
    const made = make(options)
    made.lease.isValid = true
    return made
  }

  it('writes nothing to a list that is none of its callers, not even that a request is none', () => {
    const { serving, replies, errors } = begin()
    for (const call of ['5', '{"name":"add"}', '{"name":"add","args":5}'])
      serving.take([`{"function_call":${call},"response_queue":"users","id":1}`])
    expect([replies, serving.stats.junk]).to.deep.equal([[], 3])
    expect(errors.map(({ message }) => message).join()).to.match(/^(response_queue does not begin with [^,]+,?){3}$/)
  })

  it('runs no call again that was sent again while it runs, or after it', async () => {
    const gate = deferred<number>()
    const { serving, ran, replies, request } = begin({ run: () => gate.promise })
    serving.take([request(1)])
    serving.take([request(1, { attempt: 2 })])
    expect([ran.length, replies]).to.deep.equal([1, []])
    gate.resolve(7)
    await gate.promise
    serving.take([request(1, { attempt: 3 })])
    expect(ran).to.have.lengthOf(1)
    expect(replies, 'its reply is sent again').to.deep.equal(Array(2).fill({ id: 1, return_value: 7 }))
  })

  it('runs a call again whose reply it has forgotten only where it may run twice', () => {
    const { serving, ran, replies, request } = begin({ run: () => null })
    for (let id = 1; id <= 3_000; id++) serving.take([request(id)])
    replies.length = 0
    ran.length = 0
    serving.take([request(1, { attempt: 2 })])
    expect([ran, replies]).to.deep.equal([[], []])
    serving.take([request(1, { attempt: 2, delivery: 'at-least-once' })])
    serving.take([request(3_001, { attempt: 2 })])
    serving.take([`{"function_call":{"name":"add"},"options":{"attempt":2},"response_queue":"${LIST}"}`])
    expect([ran.length, replies.length]).to.deep.equal([3, 3])
  })

  it('says of calls what it has forgotten, and how far back it remembers', () => {
    const { serving, clock, request } = begin({ run: () => null })
    for (let id = 1; id < 200_000; id += 1_000) serving.take([request(id)])
    expect(serving.answerFor(LIST, [1, 199_001, 199_002])).to.deep.include({
      answered: [199_001],
      forgotten: [1],
      reachMs: null,
    })
    clock.advance(100)
    for (let n = 0; n < 1_000; n++) serving.take([request(1, undefined, `calc:rpc:${n}`)])
    clock.advance(50)
    expect(serving.answerFor(LIST, [1])).to.deep.include({ forgotten: [], reachMs: 150 })
  })

  it('answers with an error that is short enough when even the error of a method is too long', () => {
    const run = () => {
      throw new RangeError('x'.repeat(1_000))
    }
    const { serving, replies, request } = begin({ maxMessageBytes: 300, run })
    serving.take([request(1)])
    expect(replies).to.have.lengthOf(1)
    expect(replies[0])
      .to.have.property('exception')
      .that.matches(/^MessageTooLargeError/)
  })

  it('takes nothing more while it holds what it may not begin', () => {
    const { serving, lease, request } = begin()
    expect(serving.room(0)).to.be.greaterThan(0)
    lease.isValid = false
    serving.take([request(1)])
    expect(serving.room(0)).to.equal(0)
  })
})
