import { inspect } from 'node:util'
import { expect } from 'chai'
import { control } from 'redis-object-rpc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { closeLeavingNothing, type Pair, rejection, startPair } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable(new Error('gone'), {})
  revoke()
  return proxy
}

describeOnEachRedis('a method that throws a proxy that was revoked', (redis) => {
  it('rejects its caller, is reported where nobody waits, and ends no process', async () => {
    const told: Error[] = []
    const onError = (error: Error): never => {
      told.push(error)
      throw revoked()
    }
    const pair = await startPair(
      redis(),
      {
        now() {
          throw revoked()
        },
        async later() {
          throw revoked()
        },
        add: (a: number, b: number) => a + b,
      },
      { server: { onError } },
    )
    const { client } = pair
    const unreadable = 'what was thrown could not be read'
    expect(await rejection(client.now())).to.have.property('message', unreadable)
    expect(await rejection(client.later())).to.have.property('message', unreadable)
    await control(client).notify.now()
    await control(client).notify.later()
    await until(() => told.length === 2)
    for (const { message } of told) expect(message).to.contain('notification')
    expect(await client.add(1, 2)).to.equal(3)
    await closeLeavingNothing(pair, redis())
  })
})

class Thrower {
  now(value: unknown): never {
    throw value
  }
  async later(value: unknown): Promise<never> {
    throw value
  }
  async *items(value: unknown): AsyncGenerator<number> {
    yield 1
    throw value
  }
  async through(callback: () => unknown): Promise<unknown> {
    return await callback()
  }
  function(): never {
    throw () => 5
  }
  async *functions(): AsyncGenerator<number> {
    throw () => 5
  }
}

describeOnEachRedis('a method that throws what is no error', (redis) => {
  let pair: Pair<Thrower>
  let told: Error[]
  beforeEach(async () => {
    told = []
    pair = await startPair(redis(), new Thrower(), { server: { onError: (error) => void told.push(error) } })
  })
  afterEach(() => closeLeavingNothing(pair, redis()))

  for (const value of [undefined, null, 0, -0, Number.NaN, '', false, 7n, 'no', [], { code: 5 }])
    it(`rejects its caller with just that: ${inspect(value)}`, async () => {
      const { client } = pair
      expect(await rejection(client.now(value)), 'thrown').to.deep.equal(value)
      expect(await rejection(client.later(value)), 'rejected').to.deep.equal(value)
      const items = client.items(value)[Symbol.asyncIterator]()
      expect(await items.next()).to.include({ value: 1 })
      expect(await rejection(items.next()), 'by a stream').to.deep.equal(value)
      const callback = () => Promise.reject(value)
      expect(await rejection(client.through(callback)), 'by a callback').to.deep.equal(value)
      await control(client).notify.now(value)
      await until(() => told.length === 1)
      expect(told[0]).to.be.instanceOf(Error).with.property('message').that.contains('notification')
    })

  it('rejects its caller with an error that says why when it throws a function', async () => {
    const { client } = pair
    const refused = { code: 'ERR_SERIALIZATION', path: 'thrown' }
    expect(await rejection(client.function())).to.include(refused)
    expect(await rejection(client.functions()[Symbol.asyncIterator]().next()), 'by a stream').to.include(refused)
    const callback = () => Promise.reject(() => 5)
    expect(await rejection(client.through(callback)), 'by a callback').to.include(refused)
    await control(client).notify.function()
    await until(() => told.length === 1)
    expect(told[0]).to.have.property('message').that.contains('notification')
    expect(await rejection(client.now('after all'))).to.equal('after all')
  })
})
