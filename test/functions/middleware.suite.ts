import { expect } from 'chai'
import type { Middleware, MiddlewareCall } from 'redis-object-rpc/functions'
import { deferred } from '../../lib/util/deferred.ts'
import type { RunningRedis } from '../helpers/backends.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'
import { Harness, withoutTs } from './harness.ts'

/** Middleware around calls of functions, and what travels beside their arguments. */
export function middlewareSuite(redis: () => RunningRedis): void {
  const harness = new Harness(redis)
  let calls: Record<string, unknown>[]
  beforeEach(() => {
    calls = []
  })

  const watching: Middleware = ({ call, next }) => {
    const { service, method, args, kind, direction, attempt, access, caller, message, metadata } = call
    calls.push({ service, method, args, kind, direction, attempt, access, caller, message, metadata: { ...metadata } })
    return next()
  }
  const tenant: Middleware = ({ call, next }) => {
    call.metadata.tenant = 'acme'
    return next()
  }
  /** The text of a request that nobody serves. */
  const sent = async (use: readonly Middleware[]): Promise<string> => {
    const id = await harness.client({ use }).callAsync('add', { a: 1, b: 2 })
    const [text = ''] = await harness.raw.lrange(harness.calls('add'), 0, -1)
    return withoutTs(text.replace(id, 'ID'))
  }

  it('leaves a request byte for byte what it is without, unless it adds something', async () => {
    expect(await sent([watching])).to.equal('{"id":"ID","ts":…,"kw":{"a":1,"b":2}}')
  })

  it('writes metadata behind the arguments', async () => {
    expect(await sent([tenant])).to.equal('{"id":"ID","ts":…,"kw":{"a":1,"b":2},"metadata":{"tenant":"acme"}}')
  })

  it('runs around a call at both ends, and knows of what', async () => {
    await harness.start({ use: [watching] })
    const client = harness.client({ use: [tenant, watching] })
    expect(await client.fn.add({ a: 1, b: 2 })).to.equal(3)
    const common = {
      service: harness.prefix,
      method: 'add',
      args: [{ a: 1, b: 2 }],
      kind: 'call',
      attempt: 1,
      access: 'call',
      message: undefined,
      metadata: { tenant: 'acme' },
    }
    expect(calls).to.deep.equal([
      { ...common, direction: 'outgoing', caller: undefined },
      { ...common, direction: 'incoming', caller: '' },
    ])
  })

  it('sees a call whose result is fetched later as a notification with an id, and a call without arguments', async () => {
    await harness.start({ use: [watching] })
    const results: unknown[] = []
    const client = harness.client({
      use: [
        watching,
        async ({ next }) => {
          results.push(await next())
          return results[0]
        },
      ],
    })
    const id = await client.callAsync('zero')
    expect(await client.response('zero', id)).to.equal(0)
    expect(results).to.deep.equal([id])
    expect(calls.map(({ kind, args, direction }) => [kind, args, direction])).to.deep.equal([
      ['notify', [], 'outgoing'],
      ['call', [{}], 'incoming'],
    ])
    await harness.raw.rpush(harness.calls('zero'), '{"id":"x","no_response":true}')
    await until(() => calls.length === 3)
    expect(calls[2]).to.include({ kind: 'notify' })
  })

  it('changes arguments and results at both ends', async () => {
    const doubled: Middleware = async ({ call, next }) => {
      const { a, b } = call.args[0] as { a: number; b: number }
      call.args = [{ a: a * 2, b: b * 2 }]
      return ((await next()) as number) + 0.5
    }
    await harness.start({ use: [doubled] })
    expect(await harness.client({ use: [doubled] }).fn.add({ a: 1, b: 2 })).to.equal(13)
  })

  it('refuses at either end', async () => {
    const refuse: Middleware = ({ call }) => {
      throw new RangeError(`no ${call.direction} calls`)
    }
    const server = await harness.start({ use: [refuse] })
    expect(await rejection(harness.client().fn.add({ a: 1, b: 2 }))).to.include({
      code: 'ERR_REMOTE',
      message: 'no incoming calls',
    })
    expect(server.stats).to.include({ failed: 1, succeeded: 0, running: 0 })
    const error = await rejection(harness.client({ use: [refuse] }).fn.add({ a: 1, b: 2 }))
    expect(error).to.be.instanceOf(RangeError).with.property('message', 'no outgoing calls')
    expect(server.stats).to.include({ failed: 1 })
  })

  it('makes a call again', async () => {
    const server = await harness.start()
    const twice: Middleware = async ({ next, again }) => {
      await next()
      return again()
    }
    expect(await harness.client({ use: [twice] }).fn.zero()).to.equal(0)
    expect(server.stats.succeeded).to.equal(2)
  })

  it('holds a call for no longer than its caller waits, its signal or the client', async () => {
    const clock = new ManualClock()
    const client = harness.client({ use: [() => new Promise(() => {})], clock })
    const late = rejection(client.call('zero', {}, { responseTimeoutMs: 100 }))
    clock.advance(100)
    expect(await late).to.include({ code: 'ERR_TIMEOUT' })
    const given = new AbortController()
    const aborted = rejection(client.call('zero', {}, { signal: given.signal }))
    given.abort(new RangeError('enough'))
    expect(await aborted).to.have.property('message', 'enough')
    const closed = rejection(client.fn.zero())
    await client.close()
    expect(await closed).to.include({ code: 'ERR_CLOSED' })
  })

  it('does not run a function that it has held until the server gave up', async () => {
    const [held, go] = [deferred<MiddlewareCall>(), deferred<void>()]
    let ran = false
    harness.functions.zero = () => {
      ran = true
      return 0
    }
    const passed = deferred<unknown>()
    const hold: Middleware = async ({ call, next }) => {
      held.resolve(call)
      await go.promise
      const result = next()
      result.then(passed.resolve, passed.resolve)
      return result
    }
    const server = await harness.start({ use: [hold], drainTimeoutMs: 0 })
    const called = rejection(harness.client().fn.zero())
    await held.promise
    await server.close()
    go.resolve()
    expect(await passed.promise).to.include({ code: 'ERR_CLOSED' })
    expect(ran).to.equal(false)
    expect(await called).to.have.property('name', 'ClosedError')
  })

  for (const [what, metadata] of [
    ['a number', '5'],
    ['something other than strings', '{"traceparent":7}'],
    ['more than it may have', JSON.stringify({ text: 'x'.repeat(16_384) })],
  ] as const) {
    it(`reads a request whose metadata is ${what} as one without`, async () => {
      await harness.start({ use: [watching] })
      const request = `{"id":"x","kw":{"a":1,"b":2},"metadata":${metadata}}`
      expect(withoutTs(await harness.ask('add', request, 'x'))).to.equal('{"ts":…,"res":3}')
      expect(calls[0]?.metadata).to.deep.equal({})
    })
  }

  it('refuses metadata that cannot travel', async () => {
    const spoil: Middleware = ({ call, next }) => {
      call.metadata.much = 'x'.repeat(16_384)
      return next()
    }
    const client = harness.client({ use: [spoil] })
    expect(await rejection(client.fn.zero())).to.include({ code: 'ERR_INVALID_OPTION', option: 'metadata' })
  })
}
