import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import { expect } from 'chai'
import { type CallTrace, control, pipe, type ServeTrace } from 'redis-object-rpc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { type Pair, rejection, startPair } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

const target = {
  theme: 'light',
  add: (a: number, b: number) => a + b,
  later: async (value: number) => value,
  fail: (): never => {
    throw new RangeError('sold out')
  },
  ask: async (question: () => string | Promise<string>) => question(),
}

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const

/** Takes down what a channel tells, until it is undone. */
function listen<T extends object>(name: string, note: (event: string, trace: T) => void): () => void {
  const channel = tracingChannel<unknown, T>(name)
  const subscribers = Object.fromEntries(EVENTS.map((event) => [event, (trace: T) => note(event, trace)])) as never
  channel.subscribe(subscribers)
  return () => channel.unsubscribe(subscribers)
}

describeOnEachRedis('tracing channels', (redis) => {
  let pair: Pair<typeof target>
  let log: string[]
  let undo: (() => void)[]
  beforeEach(async () => {
    log = []
    undo = []
    const expose = ['theme', 'add', 'later', 'fail', 'ask'] as const
    pair = await startPair(redis(), target, { server: { expose, writable: ['theme'] } })
  })
  afterEach(async () => {
    for (const stop of undo) stop()
    await pair.close()
  })

  const listenToBoth = (isNoted: (event: string) => boolean = () => true) => {
    undo.push(
      listen<CallTrace>('redis-object-rpc:call', (event, { service, method, access, kind, args, result, error }) => {
        if (service !== pair.name || !isNoted(event)) return
        log.push(`call ${event} ${kind} ${access} ${method}(${args.join()}) ${result ?? error ?? ''}`.trim())
      }),
      listen<ServeTrace>('redis-object-rpc:serve', (event, { service, method, access, kind, context, error }) => {
        if (service !== pair.name || !isNoted(event)) return
        log.push(`serve ${event} ${kind} ${access} ${method} ${context.attempt} ${error ?? ''}`.trim())
      }),
    )
  }

  it('tell when a call begins and ends, at both ends', async () => {
    listenToBoth()
    expect(await pair.client.add(1, 2)).to.equal(3)
    expect(await pair.client.later(4)).to.equal(4)
    expect(log).to.deep.equal([
      'call start call call add(1,2)',
      'call end call call add(1,2)',
      'serve start call call add 1',
      'serve end call call add 1',
      'call asyncStart call call add(1,2) 3',
      'call asyncEnd call call add(1,2) 3',
      'call start call call later(4)',
      'call end call call later(4)',
      'serve start call call later 1',
      'serve end call call later 1',
      'serve asyncStart call call later 1',
      'serve asyncEnd call call later 1',
      'call asyncStart call call later(4) 4',
      'call asyncEnd call call later(4) 4',
    ])
  })

  it('tell what was thrown', async () => {
    listenToBoth((event) => event === 'error')
    await rejection(pair.client.fail())
    expect(log).to.deep.equal([
      'serve error call call fail 1 RangeError: sold out',
      'call error call call fail() RangeError: sold out',
    ])
  })

  it('tell of notifications, properties, pipelines and callbacks', async () => {
    listenToBoth((event) => event === 'start')
    await control(pair.client).notify.add(1, 2)
    await until(() => log.length === 2)
    await control(pair.client).set('theme', 'dark')
    expect(await pair.client.theme).to.equal('dark')
    await pipe(pair.client, (far) => far.add(1, 2))
    expect(await pair.client.ask(() => 'yes')).to.equal('yes')
    expect(log.map((line) => line.replace(/\(.*\)/, '()'))).to.deep.equal([
      'call start notify call add()',
      'serve start notify call add 1',
      'call start call set theme()',
      'serve start call set theme 1',
      'call start call get theme()',
      'serve start call get theme 1',
      'call start call call rpc.pipe()',
      'serve start call call rpc.pipe 1',
      'call start call call ask()',
      'serve start call call ask 1',
      'serve start callback call callback 1',
    ])
  })

  it('tell of a call with an idempotency key when its method runs', async () => {
    listenToBoth((event) => event === 'start')
    const once = control(pair.client).with({ idempotencyKey: 'once', idempotencyTtlMs: 1_000 })
    expect(await once.add(1, 2)).to.equal(3)
    expect(await once.add(1, 2)).to.equal(3)
    expect(log.filter((line) => line.startsWith('serve'))).to.deep.equal(['serve start call call add 1'])
  })

  it('carry a store of the subscriber into the method', async () => {
    const storage = new AsyncLocalStorage<string>()
    const { start } = tracingChannel<unknown, ServeTrace>('redis-object-rpc:serve')
    start.bindStore(storage as AsyncLocalStorage<unknown>, ({ method }: ServeTrace) => `in ${method}`)
    undo.push(() => void start.unbindStore(storage as AsyncLocalStorage<unknown>))
    let inside: string | undefined
    const question = (): string => {
      inside = storage.getStore()
      return 'yes'
    }
    expect(await pair.client.ask(question)).to.equal('yes')
    expect(inside).to.equal('in callback')
  })

  it('leave what a call returns iterable, and say nothing once nobody listens', async () => {
    listenToBoth()
    undo.pop()?.()
    undo.pop()?.()
    expect(await pair.client.add(1, 2)).to.equal(3)
    expect(log).to.deep.equal([])
    listenToBoth()
    expect(Symbol.asyncIterator in pair.client.add(1, 2)).to.equal(true)
    await until(() => log.at(-1)?.startsWith('call asyncEnd'))
  })
})
