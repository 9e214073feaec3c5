import { expect } from 'chai'
import { Cache, ConnectionError } from 'redis-object-rpc/ipc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { freePort } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'
import { rejection } from './helpers.ts'
import { Line } from './line.ts'

describeOnEachRedis('structures over a network that fails', (redis) => {
  const line = new Line(redis)
  const { bench } = line
  const { onError } = bench

  describe('cache', () => {
    it('sees what was written while the connection was lost', async () => {
      const cache = bench.open(new Cache(line.proxy.url, bench.name, { onError, checkEveryMs: 1_000_000 }))
      const waiting = cache.bGet('17')
      await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 1)
      line.proxy.toServer = () => 'cut'
      line.proxy.cut()
      await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 0)
      const other = bench.open(new Cache(redis().url, bench.name))
      await other.set('17', 'Ada')
      line.proxy.release()
      expect(await waiting).to.equal('Ada')
    })

    it('notices a channel that has gone silent', async () => {
      const clock = new ManualClock()
      const cache = bench.open(new Cache(line.proxy.url, bench.name, { onError, clock, checkEveryMs: 1_000_000 }))
      const waiting = cache.bGet('17')
      await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 1)
      line.proxy.holdPresent()
      const other = bench.open(new Cache(redis().url, bench.name))
      await other.set('17', 'Ada')
      await line.passTime(clock, waiting)
      expect(await waiting).to.equal('Ada')
      await line.passTime(clock, cache.close())
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
      const cache = bench.open(new Cache<string>(line.proxy.url, bench.name, { onError, layout: 'keys' }))
      await cache.get('17')
      const lost = line.loseReplyTo(':lock')
      expect(await cache.getOrSet('17', () => 'Ada')).to.equal('Ada')
      expect(lost()).to.equal(1)
      expect(await bench.raw.keys(`*${bench.name}*lock*`)).to.deep.equal([])
    })
  })
})
