import { expect } from 'chai'
import { Redis } from 'ioredis'
import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { closeLeavingNothing, type Pair, startPair } from '../helpers/pair.ts'

/** Whoever can write to Redis can call the built-in methods. */
describeLeavingNothing('a server whose built-in methods are called by hand', (redis) => {
  let pair: Pair<object>
  let raw: Redis
  beforeEach(async () => {
    pair = await startPair(redis(), {}, { server: { exposeReports: false } })
    raw = new Redis(redis().url)
  })
  afterEach(async () => {
    raw.disconnect()
    await closeLeavingNothing(pair, redis())
  })

  const ask = async (call: object, options: object = {}): Promise<string> => {
    const inbox = `${pair.name}:rpc:V1StGXR8_Z5j`
    await raw.rpush(pair.name, JSON.stringify({ function_call: call, response_queue: inbox, id: 1, ...options }))
    const [, text] = (await raw.blpop(inbox, 10)) as [string, string]
    return text
  }

  it('refuses servers whose id is none', async () => {
    for (const args of [[], [5], ['x'], ['x'.repeat(13)], ['__proto__!!!'], [['V1StGXR8_Z5j']]])
      expect(await ask({ name: 'rpc.hello', args }), JSON.stringify(args)).to.include('ERR_PROTOCOL')
  })

  it('reports nothing where it does not expose reports', async () => {
    for (const name of ['rpc.stats', 'rpc.watch', 'rpc.nope'])
      expect(await ask({ name }), name).to.include('ERR_METHOD_NOT_FOUND')
  })

  it('finds nothing lent that a call with an idempotency key could run', async () => {
    const options = { idempotency: { key: 'k', ttlMs: 1_000 } }
    expect(await ask({ on: 1, name: 'run' }, { options })).to.include('ERR_REFERENCE_LOST')
    await raw.del(...(await raw.keys(`*${pair.name}*once*`)), 'none')
  })
})
