import { expect } from 'chai'
import {
  ConnectionError,
  DeliveryUnknownError,
  ReadQueue,
  type ReadQueueOptions,
  WriteQueue,
} from 'redis-object-rpc/ipc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { freePort } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'
import { rejection } from './helpers.ts'
import { handleThree, Line } from './line.ts'

describeOnEachRedis('structures over a network that fails', (redis) => {
  const line = new Line(redis)
  const { bench } = line
  const { onError } = bench

  describe('queue', () => {
    const publish = async (...contents: unknown[]) => {
      const jobs = new WriteQueue(redis().url, bench.name)
      for (const content of contents) await jobs.publish(content)
      await jobs.close()
    }
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
      const jobs = bench.open(new WriteQueue(line.proxy.url, bench.name, { onError }))
      await jobs.len()
      const lost = line.loseReplyTo('lpush')
      expect(await rejection(jobs.publish('once'))).to.be.instanceOf(DeliveryUnknownError)
      expect(lost()).to.equal(1)
      await jobs.publish('twice')
      const contents = (await bench.raw.lrange(bench.name, 0, -1)).map((text) => JSON.parse(text).content)
      expect(contents).to.deep.equal(['twice', 'once'])
    })

    it('says that a plain task may be lost with its reply', async () => {
      await publish(1, 2)
      const queue = bench.open(new ReadQueue(line.proxy.url, bench.name, { onError }))
      await queue.len()
      const lost = line.loseReplyTo('rpop')
      expect(await rejection(queue.next())).to.be.instanceOf(DeliveryUnknownError)
      expect(lost()).to.equal(1)
      expect((await queue.next())?.content).to.equal(2)
    })

    it('finds the tasks of a lost reply at once', async () => {
      await publish(1, 2, 3)
      // A reader that left them to their lease would not have them before the test is ended.
      const options = { reliable: true, leaseMs: 3_600_000, onError } as const
      const queue = bench.open(new ReadQueue<number>(line.proxy.url, bench.name, options))
      const lost = line.loseReplyWith('"uuid"')
      const seen = await handleThree(queue)
      expect(lost()).to.equal(1)
      expect(seen).to.deep.equal([
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
      const queue = bench.open(new ReadQueue<number>(line.proxy.url, bench.name, options))
      const lost = line.loseReplyWith('"uuid"')
      // What nobody waits for any more goes back, and is taken again.
      const task = await queue.bNext()
      expect(lost()).to.equal(1)
      expect(task).to.include({ content: 1, attempt: 1 })
      await task?.ack()
    })

    it('acknowledges although the reply is lost', async () => {
      await publish(1)
      const queue = bench.open(new ReadQueue<number>(line.proxy.url, bench.name, { reliable: true, onError }))
      const task = await queue.next()
      const lost = line.loseReplyTo('hdel')
      await task?.ack()
      expect(lost()).to.equal(1)
      expect(await bench.raw.keys(`*${bench.name}*hand*`)).to.deep.equal([])
    })

    it('sends a task back once although the reply is lost', async () => {
      await publish(1)
      const queue = bench.open(new ReadQueue<number>(line.proxy.url, bench.name, { reliable: true, onError }))
      const task = await queue.next()
      const lost = line.loseReplyTo('not today')
      await task?.nack({ reason: 'not today' })
      expect(lost()).to.equal(1)
      expect(await bench.raw.llen(bench.name)).to.equal(1)
    })

    for (const reliable of [false, true]) {
      const kind = reliable ? 'reliable' : 'plain'

      it(`goes on waiting after the connections were lost (${kind})`, async () => {
        const queue = read(line.proxy.url, reliable)
        const waiting = queue.bNext()
        for (let i = 0; i < 5; i++) {
          await until(line.isBlocked)
          line.proxy.cut()
          await until(async () => !(await line.isBlocked()))
        }
        await publish('after all')
        const task = await waiting
        expect(task?.content).to.equal('after all')
        await ack(task)
      })

      it(`notices connections that are half-open (${kind})`, async () => {
        const clock = new ManualClock()
        const queue = read(line.proxy.url, reliable, { clock })
        const seen: unknown[] = []
        const reading = (async () => {
          for await (const task of queue) {
            seen.push(task.content)
            return ack(task)
          }
        })()
        await until(line.isBlocked)
        line.proxy.holdPresent()
        await publish('over a fresh one')
        // What was popped into the dead connection, a plain reader loses.
        if (!reliable) await publish('the next one')
        await line.passTime(clock, reading)
        expect(seen).to.deep.equal([reliable ? 'over a fresh one' : 'the next one'])
        await line.passTime(clock, queue.close())
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
        const queue = read(line.proxy.url, reliable, { connectTimeoutMs: 50 })
        const seen: unknown[] = []
        const reading = (async () => {
          for await (const task of queue) {
            await ack(task)
            if (seen.push(task.content) === 2) return
          }
        })()
        await publish(1)
        await until(() => seen.length === 1)
        await until(line.isBlocked)
        line.proxy.toServer = () => 'cut'
        line.proxy.cut()
        await until(() => bench.codes().includes('ERR_CONNECTION'))
        line.proxy.release()
        await publish(2)
        await reading
        expect(seen).to.deep.equal([1, 2])
      })
    }

    it('moves delayed tasks although it could not hear of them', async () => {
      const queue = bench.open(new ReadQueue<number>(line.proxy.url, bench.name, { onError }))
      const waiting = queue.bNext()
      await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 1)
      line.proxy.toServer = () => 'cut'
      line.proxy.cut()
      await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 0)
      const jobs = bench.open(new WriteQueue<number>(redis().url, bench.name))
      await jobs.publish(1, { delayMs: 30 })
      await jobs.close()
      line.proxy.release()
      expect((await waiting)?.content).to.equal(1)
    })
  })
})
