import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control } from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { serverList } from '../../lib/wire/keys.ts'
import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { closeLeavingNothing, type Pair, startPair } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

class Service {
  caller(): string | undefined {
    return callContext()?.caller
  }
}

/** Whoever can write to Redis can put requests into the inbox of a client, as servers do that call what it has lent. */
describeLeavingNothing('the inbox of a client', (redis) => {
  let pair: Pair<Service>
  let raw: Redis
  let inbox: string
  let answers: string
  beforeEach(async () => {
    pair = await startPair(redis(), new Service())
    raw = new Redis(redis().url)
    inbox = (await pair.client.caller()) as string
    answers = serverList(pair.name, 'V1StGXR8_Z5j')
  })
  afterEach(async () => {
    raw.disconnect()
    await closeLeavingNothing(pair, redis())
  })

  const ask = async (call: object, options: object = {}): Promise<Record<string, unknown>> => {
    await raw.rpush(inbox, JSON.stringify({ function_call: call, response_queue: answers, id: 1, ...options }))
    const [, text] = (await raw.blpop(answers, 10)) as [string, string]
    return JSON.parse(text)
  }
  const codeOf = ({ error }: Record<string, unknown>): unknown => (error as { fields: { code: string } }).fields.code

  it('answers a ping', async () => {
    expect(await ask({ name: 'rpc.ping' })).to.deep.equal({ id: 1, return_value: null })
  })

  it('serves nothing but what is lent', async () => {
    for (const name of ['caller', '', 'then', 'rpc.info', 'rpc.get', 'rpc.pipe', 'rpc.nope', '__proto__'])
      expect(codeOf(await ask({ name, args: [[]] })), name).to.equal('ERR_METHOD_NOT_FOUND')
    expect(codeOf(await ask({ on: 1, name: 'caller' }))).to.equal('ERR_REFERENCE_LOST')
  })

  it('keeps no results under idempotency keys', async () => {
    const options = { options: { idempotency: { key: 'k', ttlMs: 1_000 } } }
    expect(codeOf(await ask({ on: 1, name: '' }, options))).to.equal('ERR_PROTOCOL')
  })

  it('hears of calls that were cancelled, of none that it runs too', async () => {
    for (const args of [[], ['x'], [answers, [1, 'x']], [{ a: 1 }, 5]])
      await raw.rpush(inbox, JSON.stringify({ function_call: { name: 'rpc.cancel', args }, options: { notify: true } }))
    expect(await ask({ name: 'rpc.ping' })).to.have.property('return_value', null)
    expect(await pair.client.caller()).to.equal(inbox)
  })

  it('fails the call whose reply is longer than a message may be, and counts other replies as junk', async () => {
    const short = await startPair(
      redis(),
      { text: (length: number) => 'x'.repeat(length) },
      { client: { maxMessageBytes: 1_000 } },
    )
    const { client, errors } = short
    let failed: unknown
    await client.text(2_000).catch((error) => {
      failed = error
    })
    expect(failed).to.include({ code: 'ERR_MESSAGE_TOO_LARGE', limit: 'maxMessageBytes' })
    expect(await client.text(5)).to.equal('xxxxx')
    expect(control(client).stats.junk).to.equal(0)
    expect(errors).to.deep.equal([])
    await closeLeavingNothing(short, redis())
    await raw.rpush(inbox, `{"id":99,"return_value":"${'x'.repeat(2 ** 24)}"}`)
    await until(() => control(pair.client).stats.junk === 1)
    expect(pair.errors.map(({ name }) => name)).to.deep.equal(['MessageTooLargeError'])
  })
})
