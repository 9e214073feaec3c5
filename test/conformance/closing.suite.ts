import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { ClosedError, control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { FunctionClient, FunctionServer } from 'redis-object-rpc/functions'
import { Cache, GroupReadStream, ReadQueue, ReadStream } from 'redis-object-rpc/ipc'
import type { RunningRedis } from '../helpers/backends.ts'
import { CountingClock } from '../helpers/counting-clock.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'

/** Something that has begun to start, and how it may end when it is closed meanwhile. */
interface Starting {
  /** Settles when it has started, or run to its end. */
  readonly begun: Promise<unknown>
  readonly close: () => Promise<void>
  /** Whether `begun` must resolve; otherwise a `ClosedError` is right, too. */
  readonly runs: boolean
}

interface Options {
  readonly clock: CountingClock
  readonly onError: (error: Error) => void
}

type Start = (url: string, name: string, options: Options) => Starting

const target = { add: (a: number, b: number) => a + b }
const functions = { add: ({ a, b }: { a: number; b: number }) => a + b }

/** Everything that connects. */
const ENDS: Readonly<Record<string, Start>> = {
  'RedisRPCServer.start': (url, name, options) => {
    const server = new RedisRPCServer(url, name, target, options)
    return { begun: server.start(), close: () => server.close(), runs: false }
  },
  'RedisRPCServer.run': (url, name, options) => {
    const server = new RedisRPCServer(url, name, target, options)
    return { begun: server.run(), close: () => server.close(), runs: true }
  },
  'FunctionServer.start': (url, name, options) => {
    const server = new FunctionServer(url, functions, { prefix: name, ...options })
    return { begun: server.start(), close: () => server.close(), runs: false }
  },
  'FunctionServer.serve': (url, name, options) => {
    const server = new FunctionServer(url, functions, { prefix: name, ...options })
    return { begun: server.serve(), close: () => server.close(), runs: true }
  },
  'a call of RedisRPCClient': (url, name, options) => {
    const client = new RedisRPCClient<typeof target>(url, name, options)
    return { begun: client.add(1, 2), close: () => control(client).close(), runs: false }
  },
  'a call of RedisRPCClient in the classic dialect': (url, name, options) => {
    const client = new RedisRPCClient<typeof target>(url, name, { dialect: 'classic', ...options })
    return { begun: client.add(1, 2), close: () => control(client).close(), runs: false }
  },
  'a call of FunctionClient': (url, name, options) => {
    const client = new FunctionClient<typeof functions>(url, { prefix: name, ...options })
    return { begun: client.call('add', { a: 1, b: 2 }), close: () => client.close(), runs: false }
  },
  'FunctionClient.onlineServers': (url, name, options) => {
    const client = new FunctionClient<typeof functions>(url, { prefix: name, ...options })
    return { begun: client.onlineServers(), close: () => client.close(), runs: false }
  },
  'ReadQueue.process': (url, name, options) => {
    const queue = new ReadQueue(url, name, options)
    return { begun: queue.process(() => {}), close: () => queue.close(), runs: true }
  },
  'ReadQueue.bNext': (url, name, options) => {
    const queue = new ReadQueue(url, name, options)
    return { begun: queue.bNext(), close: () => queue.close(), runs: false }
  },
  'reliable ReadQueue.process': (url, name, options) => {
    const queue = new ReadQueue(url, name, { reliable: true, ...options })
    return { begun: queue.process(() => {}), close: () => queue.close(), runs: true }
  },
  'a loop over a reliable ReadQueue': (url, name, options) => {
    const queue = new ReadQueue(url, name, { reliable: true, ...options })
    return { begun: toEnd(queue), close: () => queue.close(), runs: true }
  },
  'a loop over a ReadStream': (url, name, options) => {
    const stream = new ReadStream(url, name, options)
    return { begun: toEnd(stream), close: () => stream.close(), runs: true }
  },
  'GroupReadStream.open': (url, name, options) => {
    const stream = new GroupReadStream(url, name, 'group', options)
    return { begun: stream.open(), close: () => stream.close(), runs: false }
  },
  'GroupReadStream.process': (url, name, options) => {
    const stream = new GroupReadStream(url, name, 'group', options)
    return { begun: stream.process(() => {}), close: () => stream.close(), runs: true }
  },
  'Cache.bGet': (url, name, options) => {
    const cache = new Cache(url, name, options)
    return { begun: cache.bGet('field'), close: () => cache.close(), runs: false }
  },
}

/** Turns of the event loop after which they are closed: from the very first to when they have surely started. */
const TURNS = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 50, 100]

/** What has sent nothing for this long waits for something, in ms. */
const QUIET_MS = 20

/** What is closed while it starts ends, and leaves nothing. */
export function closingSuite(redis: () => RunningRedis): void {
  let observer: Redis
  before(() => {
    observer = new Redis(redis().url)
  })
  after(() => observer?.disconnect())

  for (const [title, start] of Object.entries(ENDS)) {
    it(`ends ${title}, at whichever moment it is closed`, async () => {
      for (const turns of TURNS) {
        const name = freshName('closing')
        const clock = new CountingClock()
        const errors: Error[] = []
        const { begun, close, runs } = start(redis().url, name, { clock, onError: (error) => errors.push(error) })
        const outcome = begun.then(
          () => undefined,
          (error: unknown) => error,
        )
        for (let turn = 0; turn < turns; turn++) await setImmediate()
        await close()
        const error = await outcome
        if (runs) expect(error, `after ${turns} turns`).to.equal(undefined)
        else if (error !== undefined) expect(error, `after ${turns} turns`).to.be.instanceOf(ClosedError)
        expect(errors.map(String), `told after ${turns} turns`).to.deep.equal([])
        await until(() => clock.pending === 0)
        // The group of a stream stays, and with it the stream.
        if (title.startsWith('GroupReadStream')) await observer.del(name)
        expect(await observer.keys(`*${name}*`), `left after ${turns} turns`).to.deep.equal([])
      }
    })
  }

  for (const [title, start] of Object.entries(ENDS)) {
    it(`leaves no timer of ${title}, whichever command is in flight when it is closed`, async () => {
      for (let nth = 1, isWaiting = false; !isWaiting; nth++) {
        const name = freshName('closing')
        const clock = new CountingClock()
        await using proxy = await TcpProxy.start(redis().url)
        const { begun, close } = start(proxy.url, name, { clock, onError: () => {} })
        const ended = begun.catch(() => {})
        let closing: Promise<void> | undefined
        let sent = 0
        let sentAt = performance.now()
        proxy.toServer = () => {
          sentAt = performance.now()
          if (++sent === nth) closing = close()
          return 'pass'
        }
        await until(() => closing !== undefined || performance.now() - sentAt > QUIET_MS)
        isWaiting = closing === undefined
        closing ??= close()
        await Promise.all([closing, ended])
        // A command in flight is rejected when its connection has ended, which is later.
        await until(() => proxy.connections.size === 0)
        for (let turn = 0; turn < 3; turn++) await setImmediate()
        expect(clock.pendingFrom, `after command ${nth}`).to.deep.equal([])
        if (title.startsWith('GroupReadStream')) await observer.del(name)
      }
    })
  }

  it('starts a server whose first call, which waits already, closes it', async () => {
    const name = freshName('closing')
    const client = new RedisRPCClient<{ stop(): string }>(redis().url, name)
    for (const start of ['start', 'run'] as const) {
      const answer = client.stop()
      await until(async () => (await observer.llen(name)) === 1)
      const stop = (): string => {
        void server.close()
        return 'stopping'
      }
      const server: RedisRPCServer = new RedisRPCServer(redis().url, name, { stop })
      await server[start]()
      expect(await answer).to.equal('stopping')
      await server.close()
    }
    await control(client).close()
  })

  it('rejects to run a server that was closed before', async () => {
    const rpc = new RedisRPCServer(redis().url, 'closing', target)
    const fn = new FunctionServer(redis().url, functions)
    await Promise.all([rpc.close(), fn.close()])
    for (const run of [rpc.start(), rpc.run(), fn.start(), fn.serve()]) {
      expect(await rejection(run)).to.be.instanceOf(ClosedError).with.property('message').that.matches(/server .* is closed/) // biome-ignore format: one line
    }
  })

  it('says which server was closed while it started', async () => {
    const server = new RedisRPCServer(redis().url, 'closing', target)
    const starting = rejection(server.start())
    await server.close()
    expect(await starting).to.be.instanceOf(ClosedError).with.property('message', 'server closing was closed while it started') // biome-ignore format: one line
  })

  it('still rejects to run a server that cannot reach Redis', async () => {
    const nowhere = 'redis://127.0.0.1:1'
    const rpc = new RedisRPCServer(nowhere, 'closing', target, { connectTimeoutMs: 100 })
    const fn = new FunctionServer(nowhere, functions, { connectTimeoutMs: 100 })
    for (const run of [rpc.run(), fn.serve()]) expect(await rejection(run)).to.have.property('code', 'ERR_CONNECTION')
  })
}

async function toEnd(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}
