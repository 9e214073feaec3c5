import { expect } from 'chai'
import { ConnectionError, DeliveryUnknownError, GroupReadStream, ReadStream, WriteStream } from 'redis-object-rpc/ipc'
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

  describe('event stream', () => {
    it('gives each of 10000 events once and in order although its connection is cut ten times', async function () {
      this.timeout(60_000)
      const events = 10_000
      const out = bench.open(new WriteStream<number>(redis().url, bench.name))
      const reader = bench.open(new ReadStream<number>(line.proxy.url, bench.name, { onError }))
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
          line.proxy.cut()
          cuts.pop()
        }
        if (event.content === events - 1) break
      }
      await publishing
      expect(cuts).to.deep.equal([])
      expect(seen).to.deep.equal(Array.from({ length: events }, (_, i) => i))
      expect(line.proxy.accepted).to.be.above(2)
    })

    it('is not published to twice', async () => {
      const out = bench.open(new WriteStream(line.proxy.url, bench.name, { onError }))
      await out.len()
      const lost = line.loseReplyTo('xadd')
      expect(await rejection(out.publish(1))).to.be.instanceOf(DeliveryUnknownError)
      expect(lost()).to.equal(1)
      expect(await bench.raw.xlen(bench.name)).to.equal(1)
    })

    it('notices a connection that is half-open', async () => {
      const clock = new ManualClock()
      const reader = bench.open(new ReadStream<number>(line.proxy.url, bench.name, { onError, clock }))
      const waiting = reader.bNext()
      await until(line.isBlocked)
      line.proxy.holdPresent()
      const out = bench.open(new WriteStream<number>(redis().url, bench.name))
      await out.publish(1)
      await line.passTime(clock, waiting)
      expect((await waiting)?.content).to.equal(1)
      await line.passTime(clock, reader.close())
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
      const reader = bench.open(new GroupReadStream<number>(line.proxy.url, bench.name, 'group', options))
      await reader.open()
      const lost = line.loseReplyWith('content')
      const seen = await handleThree(reader)
      expect(lost()).to.equal(1)
      expect(seen).to.deep.equal([
        [1, 1],
        [2, 1],
        [3, 1],
      ])
    })

    it('acknowledges in a group although the reply is lost', async () => {
      const out = bench.open(new WriteStream<number>(redis().url, bench.name))
      await out.publish(1)
      const reader = bench.open(
        new GroupReadStream<number>(line.proxy.url, bench.name, 'group', { from: '0', onError }),
      )
      const event = await reader.bNext()
      const lost = line.loseReplyTo('xack')
      await event?.ack()
      expect(lost()).to.equal(1)
      expect((await bench.raw.xpending(bench.name, 'group'))[0]).to.equal(0)
    })
  })
})
