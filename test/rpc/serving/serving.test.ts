import { expect } from 'chai'
import type { Link } from '../../../lib/link/link.ts'
import { Serving } from '../../../lib/rpc/serving/serving.ts'
import { signingOf } from '../../../lib/rpc/signing.ts'
import { Codec } from '../../../lib/wire/codec.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const LIST = 'calc:rpc:V1StGXR8_Z5j'

describe('serving while the lease has run out', () => {
  const make = () => {
    const clock = new ManualClock()
    const limits = { maxMessageBytes: 1_000, maxDepth: 50, of: 'the server of calc' }
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
      dispatch: ({ method }) => ran.push(method),
      builtin: () => null,
      mayAct: () => lease.isValid,
    })
    serving.life = 'life'
    const request = (id: number) =>
      `{"function_call":{"name":"add","args":[]},"life":"life","response_queue":"${LIST}","id":${id},"sent":1,"deadline":2000000000000}`
    return { serving, clock, lease, ran, replies, errors, request }
  }

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
