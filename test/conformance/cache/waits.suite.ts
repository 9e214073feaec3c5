import { expect } from 'chai'
import type { CacheOptions } from 'redis-object-rpc/ipc'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { until } from '../../helpers/until.ts'
import { rejection } from '../../ipc/helpers.ts'
import type { Entries } from './caches.ts'

/** Waits for an entry that is not there yet. */
export function cacheWaitsSuite(entries: Entries): void {
  const { bench } = entries.caches
  const { layout } = entries
  const open = <T = unknown>(options: CacheOptions) => entries.caches.open<T>(options)

  it('waits until somebody sets it', async () => {
    const [cache, other] = [open({ layout, checkEveryMs: 1_000_000 }), open({ layout })]
    const waits = [cache.bGet('17'), cache.bGet('17'), cache.bGet('18', { timeoutMs: 60_000 })]
    await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 2)
    await other.set('18', 'Bob')
    await other.set('17', 'Ada')
    expect(await Promise.all(waits)).to.deep.equal(['Ada', 'Ada', 'Bob'])
    await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 0)
  })

  it('has at once what is there', async () => {
    const cache = open({ layout })
    await cache.set('17', 'Ada')
    expect(await cache.bGet('17', { timeoutMs: 0 })).to.equal('Ada')
    expect(await cache.bGet('17')).to.equal('Ada')
    expect(await cache.bGet('18', { timeoutMs: 0 })).to.equal(undefined)
  })

  it('waits no longer than it was told, and no longer than its signal lets it', async () => {
    const clock = new ManualClock()
    const cache = open({ layout, clock, checkEveryMs: 1_000_000 })
    await cache.get('17')
    const waiting = cache.bGet('17', { timeoutMs: 500 })
    await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 1)
    clock.advance(500)
    expect(await waiting).to.equal(undefined)
    const controller = new AbortController()
    const aborted = rejection(cache.bGet('17', { signal: controller.signal }))
    controller.abort('enough')
    expect(await aborted).to.equal('enough')
    expect(await rejection(cache.bGet('17', { signal: AbortSignal.abort('before') }))).to.equal('before')
  })

  it('notices what other software writes where the server does not tell', async () => {
    const clock = new ManualClock()
    const cache = open({ layout, clock, checkEveryMs: 1_000 })
    const waiting = cache.bGet('17')
    await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length > 0)
    await entries.write('17', '{"timestamp":1,"content":"Ada"}')
    clock.advance(1_000)
    expect(await waiting).to.equal('Ada')
  })

  it('hears of what other software writes where the server tells', async function () {
    try {
      await bench.raw.config('SET', 'notify-keyspace-events', layout === 'hash' ? 'Kh' : 'K$')
    } catch {
      return this.skip()
    }
    const cache = open({ layout, checkEveryMs: 1_000_000 })
    const waiting = cache.bGet('17')
    await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 2)
    await entries.write('17', '{"timestamp":1,"content":"Ada"}')
    expect(await waiting).to.equal('Ada')
    await bench.raw.config('SET', 'notify-keyspace-events', '')
  })

  it('rejects waits when it is closed, and what comes after', async () => {
    const cache = open({ layout })
    const waiting = rejection(cache.bGet('17'))
    await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length > 0)
    await cache.close()
    expect((await waiting).code).to.equal('ERR_CLOSED')
    for (const call of [
      () => cache.get('17'),
      () => cache.bGet('17'),
      () => cache.set('17', 1),
      () => cache.exists('17'),
    ]) {
      expect((await rejection(call())).code).to.equal('ERR_CLOSED')
    }
    expect(cache.close()).to.equal(cache.close())
  })

  it('leaves no timer behind when it is closed', async () => {
    const clock = new ManualClock()
    const cache = open<number>({ layout, clock })
    const waits = [cache.bGet('17', { timeoutMs: 1_000 }), rejection(cache.bGet('18', { timeoutMs: 1_000 }))]
    await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 2)
    await cache.set('17', 1)
    await waits[0]
    await cache.close()
    await waits[1]
    expect(clock.pending).to.equal(0)
  })
}
