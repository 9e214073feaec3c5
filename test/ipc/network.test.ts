import { expect } from 'chai'
import {
  Cache,
  ConnectionError,
  DeliveryUnknownError,
  GroupReadStream,
  ReadQueue,
  type ReadQueueOptions,
  ReadStream,
  WriteQueue,
  WriteStream,
} from 'redis-object-rpc/ipc'
import { describeOnEachRedis, type RunningRedis } from '../helpers/backends.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { freePort } from '../helpers/redis-process.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'
import { Bench, needScripts, rejection } from './helpers.ts'

describeOnEachRedis('structures over a network that fails', (redis: () => RunningRedis) => {
  const bench = new Bench(redis, 'network')
  let proxy: TcpProxy
  const { onError } = bench

  beforeEach(async function () {
    await needScripts.call(this, bench.raw)
    proxy = await TcpProxy.start(redis().url)
  })
  afterEach('leaves nothing behind', async () => {
    await bench.closeAll()
    await proxy.close()
    for (const key of await bench.raw.keys(`${bench.name}*`)) await bench.raw.del(key)
    expect(await bench.keys()).to.deep.equal([])
  })

  const publish = async (...contents: unknown[]) => {
    const jobs = new WriteQueue(redis().url, bench.name)
    for (const content of contents) await jobs.publish(content)
    await jobs.close()
  }
  const isBlocked = async () => (await bench.raw.info('clients')).includes('blocked_clients:1')
  /** Breaks the connection on which the server has just answered with something. */
  const loseReplyWith = (text: string) => {
    let lost = 0
    proxy.toClient = (chunk) => {
      if (!chunk.includes(text) || lost > 0) return 'pass'
      lost++
      return 'cut'
    }
    return () => lost
  }
  /** Breaks the connection once the server has run a command. */
  const loseReplyTo = (command: string) => {
    let wasSent = false
    let lost = 0
    proxy.toServer = (chunk) => {
      if (lost === 0 && chunk.toString('latin1').toLowerCase().includes(command)) wasSent = true
      return 'pass'
    }
    proxy.toClient = () => {
      if (!wasSent || lost > 0) return 'pass'
      lost++
      return 'cut'
    }
    return () => lost
  }

  /** Redis has answered what it was sent: a busy machine must not be taken for a line that is dead. */
  const keepPace = () => bench.raw.ping()

  /** Lets time pass until something has ended. */
  const passTime = async (clock: ManualClock, ending: Promise<unknown>): Promise<void> => {
    let ended = false
    const end = () => {
      ended = true
    }
    ending.then(end, end)
    await until(async () => {
      clock.advance(10)
      await keepPace()
      return ended
    })
    await ending
  }

  describe('queue', () => {
    const read = (url: string, reliable: boolean, options: ReadQueueOptions = {}): ReadQueue<unknown> => {
      const given = { onError, ...options }
      return bench.open(
        reliable
          ? new ReadQueue(url, bench.name, { ...given, reliable })
          : new ReadQueue(url, bench.name, { ...given, reliable }),
      )
    }
    const ack = (task: unknown) => (task as { ack?(): Promise<void> }).ack?.()

    it('is not published to twice', async () => {
      const jobs = bench.open(new WriteQueue(proxy.url, bench.name, { onError }))
      await jobs.len()
      const lost = loseReplyTo('lpush')
      expect(await rejection(jobs.publish('once'))).to.be.instanceOf(DeliveryUnknownError)
      expect(lost()).to.equal(1)
      await jobs.publish('twice')
      const contents = (await bench.raw.lrange(bench.name, 0, -1)).map((text) => JSON.parse(text).content)
      expect(contents).to.deep.equal(['twice', 'once'])
    })

    it('says that a plain task may be lost with its reply', async () => {
      await publish(1, 2)
      const queue = bench.open(new ReadQueue(proxy.url, bench.name, { onError }))
      await queue.len()
      const lost = loseReplyTo('rpop')
      expect(await rejection(queue.next())).to.be.instanceOf(DeliveryUnknownError)
      expect(lost()).to.equal(1)
      expect((await queue.next())?.content).to.equal(2)
    })

    it('finds the tasks of a lost reply at once', async () => {
      await publish(1, 2, 3)
      // A reader that left them to their lease would not have them before the test is ended.
      const options = { reliable: true, leaseMs: 3_600_000, onError } as const
      const queue = bench.open(new ReadQueue<number>(proxy.url, bench.name, options))
      const lost = loseReplyWith('"uuid"')
      const seen: (readonly [number, number])[] = []
      const stop = new AbortController()
      await queue.process(
        (task) => {
          if (seen.push([task.content, task.attempt]) === 3) stop.abort()
        },
        { concurrency: 10, signal: stop.signal },
      )
      expect(lost()).to.equal(1)
      expect(seen.toSorted()).to.deep.equal([
        [1, 1],
        [2, 1],
        [3, 1],
      ])
      expect(await queue.len()).to.equal(0)
    })

    it('finds the task of a lost reply also for next', async () => {
      await publish(1)
      // A reader that left them to their lease would not have them before the test is ended.
      const options = { reliable: true, leaseMs: 3_600_000, onError } as const
      const queue = bench.open(new ReadQueue<number>(proxy.url, bench.name, options))
      const lost = loseReplyWith('"uuid"')
      // What nobody waits for any more goes back, and is taken again.
      const task = await queue.bNext()
      expect(lost()).to.equal(1)
      expect(task).to.include({ content: 1, attempt: 1 })
      await task?.ack()
    })

    it('acknowledges although the reply is lost', async () => {
      await publish(1)
      const queue = bench.open(new ReadQueue<number>(proxy.url, bench.name, { reliable: true, onError }))
      const task = await queue.next()
      const lost = loseReplyTo('hdel')
      await task?.ack()
      expect(lost()).to.equal(1)
      expect(await bench.raw.keys(`*${bench.name}*hand*`)).to.deep.equal([])
    })

    it('sends a task back once although the reply is lost', async () => {
      await publish(1)
      const queue = bench.open(new ReadQueue<number>(proxy.url, bench.name, { reliable: true, onError }))
      const task = await queue.next()
      const lost = loseReplyTo('not today')
      await task?.nack({ reason: 'not today' })
      expect(lost()).to.equal(1)
      expect(await bench.raw.llen(bench.name)).to.equal(1)
    })

    for (const reliable of [false, true]) {
      const kind = reliable ? 'reliable' : 'plain'

      it(`goes on waiting after the connections were lost (${kind})`, async () => {
        const queue = read(proxy.url, reliable)
        const waiting = queue.bNext()
        for (let i = 0; i < 5; i++) {
          await until(isBlocked)
          proxy.cut()
          await until(async () => !(await isBlocked()))
        }
        await publish('after all')
        const task = await waiting
        expect(task?.content).to.equal('after all')
        await ack(task)
      })

      it(`notices connections that are half-open (${kind})`, async () => {
        const clock = new ManualClock()
        const queue = read(proxy.url, reliable, { clock })
        const seen: unknown[] = []
        const reading = (async () => {
          for await (const task of queue) {
            seen.push(task.content)
            return ack(task)
          }
        })()
        await until(isBlocked)
        proxy.holdPresent()
        await publish('over a fresh one')
        // What was popped into the dead connection, a plain reader loses.
        if (!reliable) await publish('the next one')
        await passTime(clock, reading)
        expect(seen).to.deep.equal([reliable ? 'over a fresh one' : 'the next one'])
        await passTime(clock, queue.close())
      })

      it(`tells that Redis cannot be reached from that there is nothing (${kind})`, async () => {
        const url = `redis://127.0.0.1:${await freePort()}`
        const queue = read(url, reliable, { connectTimeoutMs: 150 })
        for (const call of [
          () => queue.next(),
          () => queue.bNext(),
          () => queue.bNext({ timeoutMs: 20 }),
          () => queue.len(),
        ]) {
          expect(await rejection(call())).to.be.instanceOf(ConnectionError)
        }
        expect(bench.errors.length).to.be.at.least(1)
      })

      it(`goes on in a loop when Redis comes back (${kind})`, async () => {
        const queue = read(proxy.url, reliable, { connectTimeoutMs: 50 })
        const seen: unknown[] = []
        const reading = (async () => {
          for await (const task of queue) {
            await ack(task)
            if (seen.push(task.content) === 2) return
          }
        })()
        await publish(1)
        await until(() => seen.length === 1)
        await until(isBlocked)
        proxy.toServer = () => 'cut'
        proxy.cut()
        await until(() => bench.codes().includes('ERR_CONNECTION'))
        proxy.release()
        await publish(2)
        await reading
        expect(seen).to.deep.equal([1, 2])
      })
    }

    it('moves delayed tasks although it could not hear of them', async () => {
      const queue = bench.open(new ReadQueue<number>(proxy.url, bench.name, { onError }))
      const waiting = queue.bNext()
      await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 1)
      proxy.toServer = () => 'cut'
      proxy.cut()
      await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 0)
      const jobs = bench.open(new WriteQueue<number>(redis().url, bench.name))
      await jobs.publish(1, { delayMs: 30 })
      await jobs.close()
      proxy.release()
      expect((await waiting)?.content).to.equal(1)
    })
  })

  describe('cache', () => {
    it('sees what was written while the connection was lost', async () => {
      const cache = bench.open(new Cache(proxy.url, bench.name, { onError, checkEveryMs: 1_000_000 }))
      const waiting = cache.bGet('17')
      await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 1)
      proxy.toServer = () => 'cut'
      proxy.cut()
      await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 0)
      const other = bench.open(new Cache(redis().url, bench.name))
      await other.set('17', 'Ada')
      proxy.release()
      expect(await waiting).to.equal('Ada')
    })

    it('notices a channel that has gone silent', async () => {
      const clock = new ManualClock()
      const cache = bench.open(new Cache(proxy.url, bench.name, { onError, clock, checkEveryMs: 1_000_000 }))
      const waiting = cache.bGet('17')
      await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 1)
      proxy.holdPresent()
      const other = bench.open(new Cache(redis().url, bench.name))
      await other.set('17', 'Ada')
      await passTime(clock, waiting)
      expect(await waiting).to.equal('Ada')
      await passTime(clock, cache.close())
    })

    it('tells that Redis cannot be reached from that there is nothing', async () => {
      const url = `redis://127.0.0.1:${await freePort()}`
      const cache = bench.open(new Cache(url, bench.name, { connectTimeoutMs: 100, layout: 'keys', onError }))
      for (const call of [
        () => cache.get('17'),
        () => cache.bGet('17'),
        () => cache.bGet('17', { timeoutMs: 20 }),
        () => cache.set('17', 1),
        () => cache.getOrSet('17', () => 1),
      ]) {
        expect(await rejection(call())).to.be.instanceOf(ConnectionError)
      }
    })

    it('holds its lock although the reply was lost', async () => {
      const cache = bench.open(new Cache<string>(proxy.url, bench.name, { onError, layout: 'keys' }))
      await cache.get('17')
      const lost = loseReplyTo(':lock')
      expect(await cache.getOrSet('17', () => 'Ada')).to.equal('Ada')
      expect(lost()).to.equal(1)
      expect(await bench.raw.keys(`*${bench.name}*lock*`)).to.deep.equal([])
    })
  })

  describe('event stream', () => {
    it('gives each of 10000 events once and in order although its connection is cut ten times', async function () {
      this.timeout(60_000)
      const events = 10_000
      const out = bench.open(new WriteStream<number>(redis().url, bench.name))
      const reader = bench.open(new ReadStream<number>(proxy.url, bench.name, { onError }))
      await reader.open()
      const publishing = (async () => {
        for (let i = 0; i < events; i += 100) {
          await Promise.all(Array.from({ length: 100 }, (_, j) => out.publish(i + j)))
        }
      })()
      const cuts = Array.from({ length: 10 }, () => Math.floor(Math.random() * events)).toSorted((a, b) => b - a)
      const seen: number[] = []
      for await (const event of reader) {
        seen.push(event.content)
        while ((cuts.at(-1) ?? events) <= event.content) {
          proxy.cut()
          cuts.pop()
        }
        if (event.content === events - 1) break
      }
      await publishing
      expect(cuts).to.deep.equal([])
      expect(seen).to.deep.equal(Array.from({ length: events }, (_, i) => i))
      expect(proxy.accepted).to.be.above(2)
    })

    it('is not published to twice', async () => {
      const out = bench.open(new WriteStream(proxy.url, bench.name, { onError }))
      await out.len()
      const lost = loseReplyTo('xadd')
      expect(await rejection(out.publish(1))).to.be.instanceOf(DeliveryUnknownError)
      expect(lost()).to.equal(1)
      expect(await bench.raw.xlen(bench.name)).to.equal(1)
    })

    it('notices a connection that is half-open', async () => {
      const clock = new ManualClock()
      const reader = bench.open(new ReadStream<number>(proxy.url, bench.name, { onError, clock }))
      const waiting = reader.bNext()
      await until(isBlocked)
      proxy.holdPresent()
      const out = bench.open(new WriteStream<number>(redis().url, bench.name))
      await out.publish(1)
      await passTime(clock, waiting)
      expect((await waiting)?.content).to.equal(1)
      await passTime(clock, reader.close())
    })

    it('tells that Redis cannot be reached from that there is nothing', async () => {
      const url = `redis://127.0.0.1:${await freePort()}`
      const options = { connectTimeoutMs: 100, onError }
      for (const reader of [
        bench.open(new ReadStream(url, bench.name, options)),
        bench.open(new GroupReadStream(url, bench.name, 'group', options)),
      ]) {
        for (const timeoutMs of [undefined, 20, 0]) {
          const waiting = reader.bNext(timeoutMs === undefined ? {} : { timeoutMs })
          expect(await rejection(waiting)).to.be.instanceOf(ConnectionError)
        }
      }
    })

    it('finds the events of a lost reply in a group at once', async () => {
      const out = bench.open(new WriteStream<number>(redis().url, bench.name))
      for (const n of [1, 2, 3]) await out.publish(n)
      const options = { from: '0', claimIdleMs: 3_600_000, onError } as const
      const reader = bench.open(new GroupReadStream<number>(proxy.url, bench.name, 'group', options))
      await reader.open()
      const lost = loseReplyWith('content')
      const seen: (readonly [number, number])[] = []
      const stop = new AbortController()
      await reader.process(
        (event) => {
          if (seen.push([event.content, event.attempt]) === 3) stop.abort()
        },
        { concurrency: 10, signal: stop.signal },
      )
      expect(lost()).to.equal(1)
      expect(seen.toSorted()).to.deep.equal([
        [1, 1],
        [2, 1],
        [3, 1],
      ])
    })

    it('acknowledges in a group although the reply is lost', async () => {
      const out = bench.open(new WriteStream<number>(redis().url, bench.name))
      await out.publish(1)
      const reader = bench.open(new GroupReadStream<number>(proxy.url, bench.name, 'group', { from: '0', onError }))
      const event = await reader.bNext()
      const lost = loseReplyTo('xack')
      await event?.ack()
      expect(lost()).to.equal(1)
      expect((await bench.raw.xpending(bench.name, 'group'))[0]).to.equal(0)
    })
  })
})
