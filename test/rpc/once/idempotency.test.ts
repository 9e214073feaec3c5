import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  control,
  InvalidOptionError,
  pipe,
  RedisRPCClient,
  RedisRPCServer,
  type RedisRPCServerOptions,
  type Remote,
} from 'redis-object-rpc'
import { type Deferred, deferred } from '../../../lib/util/deferred.ts'
import { onceRecord } from '../../../lib/wire/keys.ts'
import { describeLeavingNothing } from '../../helpers/leaving-nothing.ts'
import { freshName } from '../../helpers/names.ts'
import { rejection } from '../../helpers/pair.ts'
import { countEnds } from '../../helpers/settled.ts'
import { TcpProxy } from '../../helpers/tcp-proxy.ts'
import { until } from '../../helpers/until.ts'

interface Shop {
  order(item: string): number
  slow(item: string): Promise<number>
  refuse(): never
  quick(): string
}

describeLeavingNothing('calls with an idempotency key', (redis) => {
  let name: string
  let observer: Redis
  let servers: RedisRPCServer[]
  let clients: Remote<Shop>[]
  let runs: string[]
  let gate: Deferred<void>

  before(() => {
    observer = new Redis(redis().url)
  })
  after(() => observer?.disconnect())
  beforeEach(() => {
    name = freshName('shop')
    servers = []
    clients = []
    runs = []
    gate = deferred()
  })
  afterEach(async () => {
    gate.resolve()
    await Promise.all(clients.map((client) => control(client).close()))
    await Promise.all(servers.map((server) => server.close()))
    await observer.del(...(await observer.keys(`*${name}*`)), 'none')
  })

  const serve = async (options: RedisRPCServerOptions = {}, url = redis().url): Promise<RedisRPCServer> => {
    const shop = {
      order: (item: string) => runs.push(item),
      slow: async (item: string) => {
        const run = runs.push(item)
        await gate.promise
        return run
      },
      refuse: () => {
        runs.push('refuse')
        throw new RangeError('sold out')
      },
      quick: () => 'quick',
    }
    const server = new RedisRPCServer(url, name, shop, { onError: () => {}, ...options })
    servers.push(server)
    await server.start()
    return server
  }
  const connect = (): Remote<Shop> => {
    const client = new RedisRPCClient<Shop>(redis().url, name)
    clients.push(client)
    return client
  }
  const keyed = (client: Remote<Shop>, idempotencyKey = 'order-7') => control(client).with({ idempotencyKey })
  const record = (key = 'order-7') => onceRecord(name, key)

  it('run once, and get the first result from then on, whoever calls', async () => {
    await serve()
    await serve()
    expect(await keyed(connect()).order('a')).to.equal(1)
    expect(await Promise.all(Array.from({ length: 20 }, () => keyed(connect()).order('a')))).to.deep.equal(
      Array(20).fill(1),
    )
    expect(runs).to.deep.equal(['a'])
    expect(await keyed(connect(), 'order-8').order('a')).to.equal(2)
    expect(await connect().order('a'), 'without a key').to.equal(3)
  })

  it('get what the method threw the first time', async () => {
    await serve()
    const client = keyed(connect())
    for (const _ of [1, 2]) {
      const error = await rejection(client.refuse())
      expect(error).to.be.instanceOf(RangeError)
      expect((error as Error).message).to.equal('sold out')
    }
    expect(runs).to.deep.equal(['refuse'])
  })

  it('wait for the one that runs, and hold back nobody, at a concurrency of 1', async () => {
    await serve({ concurrency: 1 })
    const [first, ...others] = Array.from({ length: 10 }, () => keyed(connect()).slow('a'))
    await until(() => runs.length === 1)
    await until(() => servers[0]?.stats.running === 1)
    const quick = connect().quick()
    await until(async () => (await observer.llen(name)) > 0)
    gate.resolve()
    expect(await Promise.all([first, ...others])).to.deep.equal(Array(10).fill(1))
    expect(await quick).to.equal('quick')
    expect(runs).to.deep.equal(['a'])
  })

  it('leave their places to other calls while they wait', async () => {
    await serve({ concurrency: 2 })
    const waiting = Array.from({ length: 5 }, () => keyed(connect()).slow('a'))
    await until(() => runs.length === 1)
    expect(await connect().quick()).to.equal('quick')
    gate.resolve()
    expect(await Promise.all(waiting)).to.deep.equal(Array(5).fill(1))
  })

  it('run once when several servers take them at once', async () => {
    await Promise.all(Array.from({ length: 4 }, () => serve({ concurrency: 1 })))
    const calls = Array.from({ length: 20 }, () => keyed(connect()).slow('a'))
    await until(() => runs.length > 0)
    gate.resolve()
    expect(await Promise.all(calls)).to.deep.equal(Array(20).fill(1))
    expect(runs).to.deep.equal(['a'])
  })

  it('are refused with another method or other arguments, also while the first one runs', async () => {
    await serve()
    const first = keyed(connect()).slow('a')
    await until(() => runs.length === 1)
    const client = keyed(connect())
    expect(await rejection(client.slow('b'))).to.include({ code: 'ERR_IDEMPOTENCY', operation: `${name}.slow` })
    gate.resolve()
    expect(await first).to.equal(1)
    expect(await rejection(client.slow('b'))).to.include({ code: 'ERR_IDEMPOTENCY' })
    expect(await rejection(client.order('a'))).to.include({ code: 'ERR_IDEMPOTENCY' })
    expect(runs).to.deep.equal(['a'])
  })

  it('keep nothing of what failed before the method ran', async () => {
    await serve()
    const client = connect()
    const unknown = control(keyed(client)).call('nope', 'a')
    expect(await rejection(unknown)).to.include({ code: 'ERR_METHOD_NOT_FOUND' })
    expect(await observer.exists(record())).to.equal(0)
    expect(await keyed(client).order('a')).to.equal(1)
  })

  it('keep nothing of a pipeline that could not begin', async () => {
    await serve()
    const unknown = pipe(keyed(connect()), (shop) => (shop as never as { nope(): never }).nope())
    expect(await rejection(unknown)).to.include({ code: 'ERR_METHOD_NOT_FOUND' })
    expect(await observer.exists(record())).to.equal(0)
    for (const _ of [1, 2]) expect(await pipe(keyed(connect()), (shop) => shop.order('a'))).to.equal(1)
    expect(runs).to.deep.equal(['a'])
  })

  it('stop between the steps of a pipeline when the server closes, and not when the caller gives up', async () => {
    await serve({ drainTimeoutMs: 0 })
    const abort = new AbortController()
    const aborted = pipe(control(connect()).with({ idempotencyKey: 'order-7', signal: abort.signal }), (shop) => [
      shop.slow('a'),
      shop.order('b'),
    ])
    await until(() => runs.length === 1)
    const ended = rejection(aborted)
    abort.abort()
    expect(await ended).to.have.property('name', 'AbortError')
    gate.resolve()
    const again = (key?: string) => pipe(keyed(connect(), key), (shop) => [shop.slow('a'), shop.order('b')])
    expect(await again()).to.deep.equal([1, 2])
    gate = deferred()
    const closed = rejection(again('order-8'))
    await until(() => runs.length === 3)
    await servers[0]?.close()
    expect(await closed).to.include({ code: 'ERR_CLOSED' })
    gate.resolve()
    await setImmediate()
    expect(runs).to.deep.equal(['a', 'b', 'a'])
  })

  it('keep the result for as long as the call says', async () => {
    await serve()
    await control(connect()).with({ idempotencyKey: 'order-7', idempotencyTtlMs: 5_000 }).order('a')
    expect(await observer.pttl(record())).to.be.within(1, 5_000)
    await keyed(connect(), 'order-8').order('a')
    expect(await observer.pttl(record('order-8'))).to.be.within(86_000_000, 86_400_000)
  })

  it('go on for the others when the first caller gives up', async () => {
    await serve()
    const abort = new AbortController()
    const first = control(connect()).with({ idempotencyKey: 'order-7', signal: abort.signal }).slow('a')
    await until(() => runs.length === 1)
    const second = keyed(connect()).slow('a')
    const ended = rejection(first)
    abort.abort()
    expect(await ended).to.have.property('name', 'AbortError')
    gate.resolve()
    expect(await second).to.equal(1)
    expect(runs).to.deep.equal(['a'])
  })

  it('wait up to their own deadlines, and no longer', async () => {
    const server = await serve()
    const first = keyed(connect()).slow('a')
    await until(() => runs.length === 1)
    const hasty = control(connect()).with({ idempotencyKey: 'order-7', timeoutMs: 100 }).slow('a')
    expect(await rejection(hasty)).to.include({ code: 'ERR_TIMEOUT' })
    await until(() => server.stats.expired === 1)
    gate.resolve()
    expect(await first).to.equal(1)
  })

  it('are judged by the record alone, and run again once it is gone', async () => {
    await serve()
    await observer.hset(record(), { of: 'x', by: 'nobody' })
    expect(await rejection(keyed(connect()).order('a'))).to.include({ code: 'ERR_IDEMPOTENCY' })
    await observer.del(record())
    expect(await keyed(connect()).order('a')).to.equal(1)
    await observer.del(record())
    expect(await keyed(connect()).order('a')).to.equal(2)
  })

  it('are refused when their record is something else', async () => {
    await serve()
    await observer.set(record(), 'junk')
    expect(await rejection(keyed(connect()).order('a'))).to.include({ code: 'ERR_CONNECTION' })
    await observer.del(record())
    await observer.hset(record(), { reply: 'junk' })
    expect(await keyed(connect()).order('a')).to.equal(1)
    expect(runs).to.deep.equal(['a'])
  })

  it('run once as notifications, too', async () => {
    await serve()
    const client = control(keyed(connect()))
    await client.notify.order('a')
    await client.notify.order('a')
    await until(() => servers[0]?.stats.succeeded === 2)
    expect(runs).to.deep.equal(['a'])
    expect(await keyed(connect()).order('a')).to.equal(1)
  })

  it('are told that the server was closed which waits for another one', async () => {
    await serve({ drainTimeoutMs: 0 })
    const first = keyed(connect()).slow('a')
    await until(() => runs.length === 1)
    const second = keyed(connect()).slow('a')
    await until(async () => (await control(connect()).servers())[0]?.waiting === 1)
    const ends = countEnds([first, second], String)
    await servers[0]?.close()
    expect(await ends).to.deep.equal({ ERR_CLOSED: 2 })
  })

  it('may have run if their server was closed before they ended', async () => {
    await serve({ drainTimeoutMs: 0 })
    const first = keyed(connect()).slow('a')
    await until(() => runs.length === 1)
    const ended = rejection(first)
    await servers[0]?.close()
    expect(await ended).to.include({ code: 'ERR_CLOSED' })
    await serve({ leaseMs: 1_000 })
    expect(await rejection(keyed(connect()).slow('a'))).to.include({ code: 'ERR_SERVER_LOST' })
    gate.resolve()
    const again = control(connect()).with({ idempotencyKey: 'order-7', delivery: 'at-least-once' })
    expect(await again.slow('a')).to.equal(2)
    expect(await keyed(connect()).slow('a'), 'is kept').to.equal(2)
  })

  it('of other keys and sizes are refused at each end', async () => {
    await serve()
    const client = connect()
    for (const idempotencyKey of ['', 'x'.repeat(256), 7 as never])
      expect(() => control(client).with({ idempotencyKey }), String(idempotencyKey)).to.throw(InvalidOptionError)
    expect(() => control(client).with({ idempotencyKey: 'a', idempotencyTtlMs: 0 })).to.throw(InvalidOptionError)
    expect(await keyed(client, '\u{1f600}'.repeat(127)).order('a')).to.equal(1)
    const inbox = `${name}:rpc:${'x'.repeat(12)}`
    for (const idempotency of [
      { key: 'x'.repeat(256), ttlMs: 5 },
      { key: '', ttlMs: 5 },
      { key: 'a' },
      5,
      { ttlMs: 5 },
    ]) {
      const request = { function_call: { name: 'order', args: ['a'] }, options: { idempotency }, response_queue: inbox, id: 1 } // biome-ignore format: one line
      await observer.rpush(name, JSON.stringify(request))
      const [, reply] = (await observer.blpop(inbox, 10)) ?? []
      expect(JSON.parse(reply ?? '{}').error?.fields.code).to.equal('ERR_PROTOCOL')
    }
    expect(runs).to.deep.equal(['a'])
  })

  describe('on a connection that breaks', () => {
    let proxy: TcpProxy
    beforeEach(async () => {
      proxy = await TcpProxy.start(redis().url)
      await serve({}, proxy.url)
      // Redis has the scripts from then on, so that what follows is sent once.
      await keyed(connect(), 'first').order('first')
      runs.length = 0
    })
    afterEach(() => proxy.close())

    for (const verdict of ['cut', 'pass-then-cut'] as const)
      for (const [what, text] of [
        ['the claim', 'order-7'],
        ['the result', 'return_value'],
      ] as const)
        it(`run once when that happens to ${what}, ${verdict === 'cut' ? 'before' : 'after'} Redis has it`, async () => {
          let cuts = 0
          proxy.toServer = (chunk) => {
            const sent = chunk.toString('latin1')
            if (cuts > 0 || !sent.includes(record()) || (text !== 'order-7' && !sent.includes(text))) return 'pass'
            cuts++
            return verdict
          }
          expect(await keyed(connect()).order('a')).to.equal(1)
          expect(cuts).to.equal(1)
          expect(await keyed(connect()).order('a')).to.equal(1)
          expect(await observer.hget(record(), 'reply')).to.equal('"return_value":1}')
          expect(runs).to.deep.equal(['a'])
        })

    it('leave no claim behind which nobody uses', async () => {
      let isCut = false
      proxy.toServer = (chunk) => {
        if (isCut) return 'cut'
        isCut = chunk.toString('latin1').includes(record())
        return isCut ? 'pass-then-cut' : 'pass'
      }
      const hasty = control(connect()).with({ idempotencyKey: 'order-7', timeoutMs: 300 }).order('a')
      expect(await rejection(hasty)).to.include({ code: 'ERR_TIMEOUT' })
      await until(() => servers[0]?.stats.expired === 1)
      expect(await observer.exists(record())).to.equal(1)
      proxy.release()
      expect(await keyed(connect()).order('a')).to.equal(1)
      expect(runs).to.deep.equal(['a'])
    })
  })

  describe('on servers that are killed', () => {
    let workers: ReturnType<typeof spawn>[]
    beforeEach(() => {
      workers = []
    })
    afterEach(async () => {
      for (const worker of workers) {
        if (worker.exitCode !== null || worker.signalCode !== null) continue
        worker.kill('SIGKILL')
        await once(worker, 'exit')
      }
    })
    const effects = `effects-${process.pid}`

    const startWorker = async (dies: 'before-reply' | 'while-running' | 'never'): Promise<void> => {
      const path = fileURLToPath(new URL('../../helpers/dying-server.ts', import.meta.url))
      const args = [...process.execArgv, path, redis().url, name, `${name}:${effects}`, dies]
      const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      workers.push(worker)
      await once(worker.stdout!, 'data')
    }
    const count = async (): Promise<number> => Number(await observer.get(`${name}:${effects}`))

    it('take effect once at least once: the result was kept, and the reply did not leave', async () => {
      await startWorker('before-reply')
      const call = control(connect()).with({ idempotencyKey: 'order-7', delivery: 'at-least-once' }).order('a')
      call.catch(() => {})
      await until(() => workers[0]?.signalCode === 'SIGKILL')
      expect(await count()).to.equal(1)
      await startWorker('never')
      expect(await call).to.equal(1)
      expect(await count()).to.equal(1)
      expect(await keyed(connect()).order('a')).to.equal(1)
    })

    it('end in ServerLostError at most once, and so do those with the key that were called later', async () => {
      await startWorker('while-running')
      const lost = countEnds([keyed(connect()).order('a')], String)
      await until(() => workers[0]?.signalCode === 'SIGKILL')
      await startWorker('never')
      expect(await lost).to.deep.equal({ ERR_SERVER_LOST: 1 })
      expect(await countEnds([keyed(connect()).order('a')], String)).to.deep.equal({ ERR_SERVER_LOST: 1 })
      expect(await count()).to.equal(1)
      const again = control(connect()).with({ idempotencyKey: 'order-7', delivery: 'at-least-once' })
      expect(await again.order('a')).to.equal(2)
      expect(await keyed(connect()).order('a')).to.equal(2)
    })
  })
})
