import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, MessageTooLargeError, ReferenceLimitError, RemoteTarget, release } from 'redis-object-rpc'
import { clientTable } from '../../../lib/wire/keys.ts'
import { describeLeavingNothing } from '../../helpers/leaving-nothing.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { closeLeavingNothing, type Pair, rejection, startPair } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'

class Thing extends RemoteTarget {
  hello(): string {
    return 'hello'
  }
}

class Service {
  readonly stop = new AbortController()
  open: (() => void) | undefined
  resume: (() => void) | undefined

  signal(): { signal: AbortSignal } {
    return { signal: this.stop.signal }
  }

  hello(): string {
    return 'hello'
  }

  huge(): unknown {
    // Too long in bytes, not in characters.
    return { f: () => 1, text: '€'.repeat(2_000) }
  }

  strange(): unknown {
    return { f: () => 1, symbol: Symbol('none travels') }
  }

  async *hugeItem(): AsyncGenerator<unknown> {
    yield this.huge()
  }

  thing(): Thing {
    return new Thing()
  }

  isThing(value: unknown): boolean {
    return value instanceof Thing
  }

  async block(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.open = resolve
    })
  }

  take(..._callbacks: (() => void)[]): void {}

  async fail(thrown: unknown): Promise<never> {
    throw thrown
  }

  async *busy(): AsyncGenerator<number> {
    yield 1
    await new Promise<void>((resolve) => {
      this.resume = resolve
    })
    yield 2
  }
}

describeLeavingNothing('what is lent, under odd conditions', (redis) => {
  let pair: Pair<Service> | undefined
  let service: Service
  let raw: Redis
  before(() => {
    raw = new Redis(redis().url)
  })
  after(() => raw?.disconnect())
  const start = async (options: Parameters<typeof startPair<Service>>[2] = {}) => {
    service = new Service()
    pair = await startPair(redis(), service, options)
    return pair
  }
  afterEach(() => pair && closeLeavingNothing(pair, redis()))

  it('a signal that a client waits for takes no place of a call', async () => {
    const { client } = await start({ server: { concurrency: 1 } })
    const { signal } = await client.signal()
    expect(await client.hello()).to.equal('hello')
    service.stop.abort('now')
    await until(() => signal.aborted)
    expect(signal.reason).to.equal('now')
  })

  it('a result that cannot be sent lends nothing', async () => {
    const { client, server } = await start({ server: { maxMessageBytes: 4_096 } })
    expect(await rejection(client.huge())).to.be.instanceOf(MessageTooLargeError)
    expect(server.stats.lent).to.equal(0)
    await rejection(client.strange())
    expect(server.stats.lent).to.equal(0)
  })

  it('an item that cannot be sent lends nothing', async () => {
    const { client, server } = await start({ server: { maxMessageBytes: 4_096 } })
    const items = (await client.hugeItem()) as AsyncIterator<unknown>
    await rejection(Promise.resolve(items.next()))
    await until(() => server.stats.lent === 0)
  })

  it('arguments that a server refuses for its limit are not lent any more', async () => {
    const { client, server } = await start({ server: { maxReferences: 1 } })
    const callbacks = [() => {}, () => {}, () => {}]
    expect(await rejection(client.take(...callbacks))).to.be.instanceOf(ReferenceLimitError)
    expect(control(client).stats.lent).to.equal(0)
    expect(server.stats.borrowed).to.equal(0)
  })

  it('what was released is not sent any more, and of what is called by reference the methods are functions', async () => {
    const { client } = await start()
    const thing = await client.thing()
    const hello = (await (thing.hello as unknown as Promise<unknown>)) as () => Promise<string>
    expect(await hello()).to.equal('hello')
    release(thing)
    expect(await rejection(client.isThing(thing))).to.include({ code: 'ERR_REFERENCE_LOST' })
  })

  it('a handle or a notice that names another end is refused', async () => {
    const { client, server, name } = await start()
    const raw = new Redis(redis().url)
    const inbox = `${name}:rpc:V1StGXR8_Z5j`
    const ask = async (call: object, meta?: object): Promise<unknown> => {
      await raw.rpush(name, JSON.stringify({ function_call: call, meta, response_queue: inbox, id: 1 }))
      const [, text = '{}'] = (await raw.blpop(inbox, 10)) ?? []
      return JSON.parse(text).error?.fields?.code
    }
    const handle = { at: `${name}:rpc:AAAAAAAAAAAA`, id: 1, loan: 1 }
    const meta = { values: { 0: [['custom', 'Function']] }, v: 1 }
    expect(await ask({ name: 'isThing', args: [handle] }, meta)).to.equal('ERR_PROTOCOL')
    for (const args of [[], [5], ['elsewhere'], [`${name}:rpc:short`], [name]])
      for (const notice of ['rpc.release', 'rpc.goodbye'])
        expect(await ask({ name: notice, args }), `${notice} ${args}`).to.equal('ERR_PROTOCOL')
    expect(server.stats.borrowed).to.equal(0)
    expect(await client.hello()).to.equal('hello')
    raw.disconnect()
  })

  it('what a call takes home is not given back before the call has it', async () => {
    const { client, server } = await start({ server: { concurrency: 1 } })
    const thing = await client.thing()
    const other = await client.thing()
    const blocked = client.block()
    await until(() => service.open)
    const called = client.isThing(thing)
    release(thing)
    release(other)
    // What is released is told at once, while the call waits for its turn.
    await until(() => server.stats.lent < 2)
    service.open?.()
    await blocked
    expect(await called).to.equal(true)
    await until(() => pair?.server.stats.lent === 0)
  })

  it('a client stays in the table of clients while a call takes something home', async () => {
    const clock = new ManualClock(Date.now())
    const { client, name } = await start({ server: { concurrency: 1 }, client: { clock } })
    const thing = await client.thing()
    const lease = async (): Promise<string | undefined> =>
      (await raw.zrange(clientTable(name), 0, '-1', 'WITHSCORES'))[1]
    await until(lease)
    const before = await lease()
    const blocked = client.block()
    await until(() => service.open)
    const called = client.isThing(thing)
    release(thing)
    await until(async () => {
      clock.advance(100)
      return (await lease()) !== before
    })
    expect(Number(await lease())).to.be.greaterThan(Number(before))
    service.open?.()
    await blocked
    expect(await called).to.equal(true)
    await until(() => pair?.server.stats.lent === 0)
  })

  it('an error without a text, thrown into a stream that is busy, ends no process', async () => {
    const { client, errors } = await start()
    const items = (await client.busy()) as AsyncGenerator<number>
    await items.next()
    await until(() => service.resume)
    await items.throw({ toString: 1 })
    service.resume?.()
    await until(() => errors.length > 0)
    expect(errors[0]?.message).to.contain('stream')
  })
  it('an error without a text, thrown by the method of a notification, ends no process', async () => {
    const { client, errors } = await start()
    await control(client).notify.fail({ toString: 1 })
    await until(() => errors.length > 0)
    expect(errors[0]?.message).to.contain('notification')
  })
})
