import { inspect } from 'node:util'
import { expect } from 'chai'
import {
  control,
  InvalidOptionError,
  kwargs,
  MessageTooLargeError,
  MethodNotFoundError,
  SerializationError,
} from 'redis-object-rpc'
import { rejection, startPair } from '../../helpers/pair.ts'
import { type Calculating, Calculator } from './calculator.ts'

/** What a call reaches, carries and throws. */
export function methodsSuite(ends: Calculating): void {
  const { redis } = ends
  it('runs the method there and returns its value here', async () => {
    expect(await ends.pair.client.clr()).to.equal(undefined)
    expect(await ends.pair.client.add(5)).to.equal(5)
    expect(await ends.pair.client.slowAdd(-3)).to.equal(2)
    expect(ends.calculator.value).to.equal(2)
    expect(ends.pair.server.stats).to.deep.equal({
      succeeded: 3,
      failed: 0,
      expired: 0,
      junk: 0,
      running: 0,
      lent: 0,
      borrowed: 0,
    })
  })

  it('carries arguments and results that plain JSON does not', async () => {
    const values = [
      undefined,
      null,
      Number.NaN,
      -0,
      10n,
      new Date(5),
      new Map([[1, new Set(['a'])]]),
      Buffer.from('hi'),
    ]
    expect(await ends.pair.client.all(...values)).to.deep.equal(values)
  })

  it('throws here what the method threw there', async () => {
    const error = await rejection(ends.pair.client.div(0))
    expect(error).to.be.instanceOf(RangeError)
    expect((error as Error).message).to.equal('division by zero')
    expect((error as Error).stack, 'the local call').to.include('methods.suite.ts')
    expect((error as Error).stack, 'the far stack').to.include('Calculator.div')
  })

  for (const name of [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '_private',
    'value',
    'nope',
    '',
    'rpc.x',
  ]) {
    it(`refuses to call ${JSON.stringify(name)}`, async () => {
      const error = await rejection(control(ends.pair.client).call(name))
      expect(error).to.be.instanceOf(MethodNotFoundError)
      expect(error).to.include({ code: 'ERR_METHOD_NOT_FOUND', method: name, service: ends.pair.name })
      const [service, quoted] = [ends.pair.name, JSON.stringify(name)]
      expect((error as Error).message).to.match(
        new RegExp(`^the server of ${service} exposes no method ${quoted}: .*"expose"`),
      )
    })
  }

  it('shows only the beginning of a long name that nobody exposes', async () => {
    const name = 'x'.repeat(100_000)
    const client = ends.pair.client as unknown as Record<string, () => Promise<unknown>>
    const error = (await rejection((client[name] as () => Promise<unknown>)())) as MethodNotFoundError
    expect(error.method).to.equal(name)
    expect(error.message).to.have.lengthOf.below(300)
  })

  it('runs what a local call would: the field that overrides a method, the function that a Proxy gives', async () => {
    const forbid = (): never => {
      throw new Error('forbidden')
    }
    class Safe extends Calculator {
      override add = forbid
    }
    const guarded = new Proxy(new Calculator(), { get: () => forbid })
    for (const [target, expose] of [[new Safe()], [guarded], [guarded, ['add']]] as const) {
      const safe = await startPair<Calculator>(redis(), target, { server: expose ? { expose } : {} })
      expect(await rejection(safe.client.add(1))).to.have.property('message', 'forbidden')
      await safe.close()
    }
  })

  it('answers undefined for the names that would make the proxy look like something else', () => {
    const client = ends.pair.client as unknown as Record<PropertyKey, unknown>
    for (const name of ['then', 'catch', 'finally', 'toJSON', 'inspect', '_private', Symbol.iterator]) {
      expect(client[name], String(name)).to.equal(undefined)
    }
    expect(`${client}`, 'a template asks nothing of the far end').to.equal(`[remote object ${ends.pair.name}]`)
    expect(inspect(client)).to.equal(`[remote object ${ends.pair.name}]`)
    expect(client.add, 'a method is the same function each time').to.equal(client.add)
  })

  it('calls by name what means something on every object, where expose names it', async () => {
    const target = { toString: (radix: number) => `own ${radix}`, toJSON: () => 'json', _id: () => 7 }
    const named = await startPair(redis(), target, { server: { expose: ['toString', 'toJSON', '_id'] } })
    const handle = control(named.client)
    expect(await handle.call('toString', 16)).to.equal('own 16')
    expect(await handle.call('toJSON')).to.equal('json')
    expect(await handle.call('_id')).to.equal(7)
    expect(String(named.client), 'the client itself').to.equal(`[remote object ${named.name}]`)
    const late = control(handle.with({ signal: AbortSignal.abort('late') }))
    expect(await rejection(late.call('_id')), 'with its options').to.equal('late')
    expect(await rejection(handle.call(7 as never))).to.be.instanceOf(InvalidOptionError)
    await named.close()
  })

  it('has nothing on it that a container for injection would call', () => {
    const proxy = ends.pair.client as unknown as Record<string, unknown>
    expect([proxy.onModuleInit, proxy.onModuleDestroy, proxy.onApplicationShutdown]).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('is not carried itself', async () => {
    for (const [value, path] of [
      [ends.pair.client, 'args[0]'],
      [{ deep: [ends.pair.client] }, 'args[0].deep[0]'],
    ] as const) {
      const error = await rejection(ends.pair.client.all(value))
      expect(error).to.be.instanceOf(SerializationError)
      expect(error).to.have.property('path', path)
      expect((error as Error).message).to.match(/: a remote object cannot be sent; make a client of its service there$/)
    }
  })

  it('names the path of what cannot travel, either way', async () => {
    const sent = await rejection(ends.pair.client.all(1, { a: [new WeakSet()] }))
    expect(sent).to.be.instanceOf(SerializationError)
    expect(sent).to.include({ path: 'args[1].a[0]' })
    const returned = await rejection(ends.pair.client.bad())
    expect(returned).to.be.instanceOf(SerializationError)
    expect(returned).to.include({ path: 'return_value.rows[0].fail' })
  })

  it('hands named arguments to a method as one last object', async () => {
    expect(await ends.pair.client.all(1, kwargs({ to: 'EUR' }))).to.deep.equal([1, { to: 'EUR' }])
  })

  it('refuses a message over a limit, either way', async () => {
    const small = await startPair(redis(), new Calculator(), {
      server: { maxMessageBytes: 4_000, maxDepth: 20 },
      client: { maxMessageBytes: 100_000, maxDepth: 40 },
    })
    const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])
    const bytes = { code: 'ERR_MESSAGE_TOO_LARGE', limit: 'maxMessageBytes' }
    const depth = { code: 'ERR_MESSAGE_TOO_LARGE', limit: 'maxDepth' }
    expect(await rejection(small.client.all('x'.repeat(200_000))), 'not sent').to.include({
      ...bytes,
      maximum: 100_000,
    })
    expect(await rejection(small.client.all('x'.repeat(5_000))), 'not read').to.include({ ...bytes, maximum: 4_000 })
    expect(await rejection(small.client.all('é'.repeat(2_000))), 'bytes, not characters').to.include(bytes)
    expect(await rejection(small.client.all(deep(100))), 'not sent').to.include({ ...depth, maximum: 40 })
    expect(await rejection(small.client.all(deep(38))), 'not read').to.include({ ...depth, maximum: 20 })
    expect(await rejection(small.client.all('x'.repeat(3_900))), 'the reply').to.be.instanceOf(MessageTooLargeError)
    expect(await small.client.add(1), 'both go on').to.equal(1)
    await small.close()
  })
}
