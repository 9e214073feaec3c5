import { once } from 'node:events'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, ReferenceLimitError, ReferenceLostError, release } from 'redis-object-rpc'
import { deferred } from '../../lib/util/deferred.ts'
import type { RunningRedis } from '../helpers/backends.ts'
import { closeLeavingNothing, type Pair, rejection, startPair } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

type Callback = (...args: unknown[]) => unknown

/** A service that is handed functions, keeps them, and hands them back. */
class Hooks {
  kept: Callback | undefined
  held: Callback | undefined
  letGo = (): void => {}

  async each(values: readonly unknown[], callback: Callback): Promise<unknown[]> {
    const results: unknown[] = []
    for (const value of values) results.push(await callback(value))
    return results
  }

  async deep(value: { list: Callback[]; map: Map<string, Callback> }): Promise<unknown> {
    return [await value.list[0]?.(1), await value.map.get('f')?.(2)]
  }

  keep(callback: Callback): void {
    this.kept = callback
  }

  /** Never answers, and holds the function meanwhile. */
  hold(callback: Callback): Promise<Callback> {
    this.held = callback
    return new Promise((resolve) => {
      this.letGo = () => resolve(callback)
    })
  }

  give(): Callback | undefined {
    return this.kept
  }

  isKept(callback: Callback): boolean {
    return callback === this.kept
  }

  counter(): { next: () => number } {
    let count = 0
    return { next: () => ++count }
  }

  async waitFor(signal: AbortSignal): Promise<unknown> {
    if (!signal.aborted) await once(signal, 'abort')
    return signal.reason
  }

  fails(): never {
    throw new RangeError('no')
  }
}

export function callbacksSuite(redis: () => RunningRedis): void {
  let pair: Pair<Hooks>
  let hooks: Hooks
  let service: RemoteHooks

  beforeEach(async () => {
    hooks = new Hooks()
    pair = await startPair(redis(), hooks, { server: { leaseMs: 1_000 } })
    service = pair.client as unknown as RemoteHooks
  })

  afterEach(async () => {
    hooks.kept = undefined
    hooks.held = undefined
    hooks.letGo()
    await closeLeavingNothing(pair, redis())
  })

  it('calls a function of the caller, and waits for its result', async () => {
    const seen: unknown[] = []
    const callback = (value: unknown): unknown => {
      seen.push(value)
      return [value]
    }
    expect(await service.each([1, new Date(0), undefined], callback)).to.deep.equal([[1], [new Date(0)], [undefined]])
    expect(seen).to.deep.equal([1, new Date(0), undefined])
  })

  it('takes functions at any depth, in arrays and Maps', async () => {
    const value = { list: [(x: unknown) => ['list', x]], map: new Map([['f', async (x: unknown) => ['map', x]]]) }
    expect(await service.deep(value)).to.deep.equal([
      ['list', 1],
      ['map', 2],
    ])
  })

  it('throws at the server what the callback throws, and at the caller what comes back from there', async () => {
    const callback = (): never => {
      throw new RangeError('mine')
    }
    const error = await rejection(service.each([1], callback))
    expect(error).to.be.instanceOf(RangeError)
    expect(error).to.have.property('message', 'mine')
    expect(await rejection(service.each([1], () => Promise.reject(0)))).to.equal(0)
  })

  it('gives back the very function that was passed', async () => {
    const callback = (): string => 'mine'
    await service.keep(callback)
    expect(await service.give()).to.equal(callback)
    expect(await service.isKept(callback), 'passed again').to.equal(true)
  })

  it('keeps a function for as long as it is held there', async () => {
    await service.keep((x: unknown) => ['called', x])
    expect(await hooks.kept?.(7)).to.deep.equal(['called', 7])
    expect(control(pair.client).stats.lent).to.equal(1)
    release(hooks.kept as Callback)
    await until(() => control(pair.client).stats.lent === 0)
    expect(await rejection(hooks.kept?.(7) as Promise<unknown>)).to.be.instanceOf(ReferenceLostError)
  })

  it('returns functions, which go on counting there', async () => {
    const first = await service.counter()
    const second = await service.counter()
    expect([await first.next(), await first.next(), await second.next()]).to.deep.equal([1, 2, 1])
    expect(pair.server.stats.lent).to.equal(2)
    first.next[Symbol.dispose]()
    await until(() => pair.server.stats.lent === 1)
  })

  it('keeps a function that two calls passed, when the first of them ends without an answer', async () => {
    const callback = (): number => 7
    const controller = new AbortController()
    const patient = control(pair.client).with({ signal: controller.signal }) as unknown as RemoteHooks
    const first = rejection(patient.hold(callback))
    await until(() => pair.server.stats.running === 1)
    await service.keep(callback)
    await until(() => control(pair.client).stats.lent === 1)
    controller.abort()
    await first
    expect(await hooks.kept?.()).to.equal(7)
  })

  it('ends what was lent with a call that nobody ran', async () => {
    const other = new RedisRPCClient<Hooks>(redis().url, `${pair.name}-nobody`, { noServerTimeoutMs: 0 })
    await rejection((other as unknown as RemoteHooks).keep(() => 1))
    expect(control(other).stats.lent).to.equal(0)
    await control(other).close()
    await rejection((pair.client as unknown as { none(f: Callback): Promise<void> }).none(() => 1))
    expect(control(pair.client).stats.lent, 'of a method that is not there').to.equal(0)
  })

  it('rejects a call of a function whose owner has closed', async () => {
    const other = new RedisRPCClient<Hooks>(redis().url, pair.name) as unknown as RemoteHooks
    await other.keep(() => 1)
    await control(other as never).close()
    expect(await rejection(hooks.kept?.() as Promise<unknown>)).to.be.instanceOf(ReferenceLostError)
  })

  it('rejects a call that waits when the owner closes', async () => {
    const other = new RedisRPCClient<Hooks>(redis().url, pair.name) as unknown as RemoteHooks
    await other.keep(() => new Promise(() => {}))
    const call = rejection(hooks.kept?.() as Promise<unknown>)
    await until(() => pair.server.stats.borrowed === 1)
    await control(other as never).close()
    expect(await call).to.be.instanceOf(ReferenceLostError)
  })

  it('fires a signal among the arguments, with its reason', async () => {
    const controller = new AbortController()
    const waits = service.waitFor(controller.signal)
    await until(() => pair.server.stats.running === 1)
    controller.abort(new RangeError('enough'))
    const reason = await waits
    expect(reason).to.be.instanceOf(RangeError)
    expect(reason).to.have.property('message', 'enough')
    expect(await service.waitFor(AbortSignal.abort('before'))).to.equal('before')
    expect(await service.waitFor(AbortSignal.timeout(20))).to.have.property('name', 'TimeoutError')
  })

  it('refuses to lend more than maxReferences, and what is lent goes on', async () => {
    const small = new RedisRPCClient<Hooks>(redis().url, pair.name, { maxReferences: 1 }) as unknown as RemoteHooks
    await small.keep(() => 'first')
    const error = await rejection(small.keep(() => 'second'))
    expect(error).to.be.instanceOf(ReferenceLimitError)
    expect(error).to.include({ limit: 'maxReferences', maximum: 1 })
    expect(await hooks.kept?.()).to.equal('first')
    await control(small as never).close()
  })

  it('does not end the process when a callback that nobody awaits fails', async () => {
    const thrown = deferred<void>()
    await service.keep(() => {
      thrown.resolve()
      throw new Error('nobody listens')
    })
    void hooks.kept?.()
    await thrown.promise
    // The server takes the failure off its own list before it takes the second of these calls.
    for (const _ of [1, 2]) expect(await service.give()).to.be.a('function')
  })

  it('keeps nothing of another client from being called by its number', async () => {
    await service.keep(() => 'secret')
    const admin = new Redis(redis().url)
    const table = `{${pair.name}}:clients`
    await until(async () => (await admin.zcard(table)) === 1)
    const [inbox] = (await admin.zrange(table, 0, '-1')).map((member) => member.split(' ')[0])
    const reply = `${pair.name}:rpc:AAAAAAAAAAAA`
    const call = { function_call: { on: 1, name: '', args: [] }, response_queue: reply, id: 1 }
    await admin.rpush(`${pair.name}:rpc:${inbox}`, JSON.stringify(call))
    const [, text] = (await admin.blpop(reply, 5)) ?? []
    admin.disconnect()
    expect(JSON.parse(text ?? '{}'))
      .to.have.property('exception')
      .that.matches(/^ReferenceLostError/)
  })
}

interface RemoteHooks {
  each(values: readonly unknown[], callback: Callback): Promise<unknown[]>
  deep(value: unknown): Promise<unknown>
  keep(callback: Callback): Promise<void>
  give(): Promise<Callback>
  hold(callback: Callback): Promise<Callback>
  isKept(callback: Callback): Promise<boolean>
  counter(): Promise<{ next: (() => Promise<number>) & Disposable }>
  waitFor(signal: AbortSignal): Promise<unknown>
}
