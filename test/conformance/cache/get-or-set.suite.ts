import { expect } from 'chai'
import { type Cache, type CacheOptions, TimeoutError } from 'redis-object-rpc/ipc'
import { deferred } from '../../../lib/util/deferred.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { until } from '../../helpers/until.ts'
import { needScripts, rejection } from '../../ipc/helpers.ts'
import { type Entries, NOW } from './caches.ts'

/** A loader that ends when it is told to. */
class Loading {
  readonly begun = deferred()
  readonly #content = deferred<string>()
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  readonly load = (): Promise<string> => {
    this.begun.resolve()
    return this.#content.promise
  }

  end(): void {
    this.#content.resolve(this.#value)
  }
}

/** `getOrSet`: one of all that ask loads what is not there. */
export function cacheGetOrSetSuite(entries: Entries): void {
  const { bench } = entries.caches
  const { layout } = entries
  const open = <T = unknown>(options: CacheOptions) => entries.caches.open<T>(options)

  describe('getOrSet', () => {
    beforeEach(function () {
      return needScripts.call(this, bench.raw)
    })

    it('gives what is there and loads nothing', async () => {
      const cache = open<string>({ layout })
      const missing = await rejection(cache.getOrSet('17', () => 'Ada', { timeoutMs: 0 }))
      expect(missing).to.be.instanceOf(TimeoutError)
      await cache.set('17', 'Ada')
      expect(await cache.getOrSet('17', () => 'Bob', { timeoutMs: 0 })).to.equal('Ada')
      const content = await cache.getOrSet('17', () => {
        throw new Error('it is there')
      })
      expect(content).to.equal('Ada')
    })

    it('loads what is not there, and writes it', async function () {
      entries.needExpiry(this)
      const cache = open({ layout, clock: new ManualClock(NOW) })
      expect(await cache.getOrSet('17', (field) => ({ field }), { ttlMs: 10_500 })).to.deep.equal({ field: '17' })
      expect(await entries.text('17')).to.equal('{"timestamp":1700000000000,"content":{"field":"17"}}')
      expect(await entries.ttl('17')).to.be.within(10_000, 10_500)
      expect(await bench.raw.keys(`*${bench.name}*lock*`)).to.deep.equal([])
    })

    it('runs one loader of all that ask', async () => {
      const caches = Array.from({ length: 5 }, () => open<number>({ layout, checkEveryMs: 1_000_000 }))
      let runs = 0
      const finish: (() => void)[] = []
      const load = async () => {
        const run = ++runs
        await new Promise<void>((resolve) => void finish.push(resolve))
        return run
      }
      const asking = caches.flatMap((cache) => [cache.getOrSet('17', load), cache.getOrSet('17', load)])
      await until(async () => finish.length === 1 && (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length > 0)
      finish[0]?.()
      expect(await Promise.all(asking)).to.deep.equal(Array(10).fill(1))
      expect(runs).to.equal(1)
    })

    it('tells who loaded when that fails, and another one tries', async () => {
      const caches = Array.from({ length: 4 }, () => open<string>({ layout, checkEveryMs: 1_000_000 }))
      let runs = 0
      const load = async () => {
        if (++runs < 3) throw new RangeError(`failure ${runs}`)
        return 'Ada'
      }
      const outcomes = await Promise.allSettled(caches.map((cache) => cache.getOrSet('17', load)))
      const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.message] : []))
      expect(failures.toSorted()).to.deep.equal(['failure 1', 'failure 2'])
      expect(runs).to.equal(3)
    })

    it('loads an entry itself once the lock of a process that died has expired', async () => {
      const { lock } = { lock: layout === 'hash' ? `{${bench.name}}:lock:17` : `{${entries.home('17')}}:lock` }
      const dead = 'of a process that has died'
      await bench.raw.set(lock, dead, 'PX', 60)
      const load = () => bench.raw.get(lock)
      const holder = await open<string | null>({ layout, checkEveryMs: 1_000_000 }).getOrSet('17', load)
      expect(holder, 'the lock while it loads').to.be.a('string').and.not.equal(dead)
    })

    it('keeps its lock for as long as its loader runs', async () => {
      const [cache, other] = [open<string>({ layout }), open<string>({ layout })]
      const loading = new Loading('first')
      const first = cache.getOrSet('17', loading.load, { lockMs: 1_500 })
      await loading.begun.promise
      const second = other.getOrSet('17', () => 'second', { lockMs: 1_500 })
      const [lock = ''] = await bench.raw.keys(`*${bench.name}*lock*`)
      let [renewals, left] = [0, 1_500]
      await until(async () => {
        const now = await bench.raw.pttl(lock)
        if (now > left) renewals++
        left = now
        return renewals === 3
      })
      loading.end()
      expect(await Promise.all([first, second])).to.deep.equal(['first', 'first'])
    })

    it('writes nothing when it has lost its lock', async () => {
      // Its clock stands still, so it does not renew its lock.
      const [cache, other] = [open<string>({ layout, clock: new ManualClock() }), open<string>({ layout })]
      const loading = new Loading('first')
      const first = cache.getOrSet('17', loading.load, { lockMs: 100 })
      await loading.begun.promise
      expect(await other.getOrSet('17', () => 'second')).to.equal('second')
      loading.end()
      expect(await first).to.equal('first')
      expect(await other.get('17')).to.equal('second')
    })

    it('gives up in time, and what it loads is written all the same', async () => {
      const clock = new ManualClock()
      const cache = open<string>({ layout, clock })
      const loading = new Loading('Ada')
      const rejected = rejection(cache.getOrSet('17', loading.load, { timeoutMs: 30 }))
      await loading.begun.promise
      clock.advance(30)
      const error = await rejected
      expect(error).to.be.instanceOf(TimeoutError)
      expect(error).to.include({ operation: `${bench.name} (17)`, timeoutMs: 30 })
      loading.end()
      await until(async () => (await cache.get('17')) === 'Ada')
    })

    it('leaves no timer behind', async () => {
      const clock = new ManualClock()
      const cache = open<string>({ layout, clock })
      await cache.getOrSet('17', () => 'Ada', { timeoutMs: 1_000 })
      await rejection(cache.getOrSet('18', () => Promise.reject(new Error('no')), { timeoutMs: 1_000 }))
      await cache.close()
      expect(clock.pending).to.equal(0)
    })

    it('lets others load when it is closed', async () => {
      const [cache, other] = [open<string>({ layout }), open<string>({ layout })]
      let begun = false
      const first = rejection(
        cache.getOrSet('17', () => {
          begun = true
          return new Promise<string>(() => {})
        }),
      )
      await until(() => begun)
      const second = other.getOrSet('17', () => 'second')
      await cache.close()
      expect((await first).code).to.equal('ERR_CLOSED')
      expect(await second).to.equal('second')
    })

    it('leaves what was set while it was loaded', async () => {
      const [cache, other] = [open<string>({ layout }), open<string>({ layout })]
      const loading = new Loading('old')
      const first = cache.getOrSet('17', loading.load)
      await loading.begun.promise
      await other.set('17', 'new')
      loading.end()
      expect(await first).to.equal('old')
      expect(await cache.get('17')).to.equal('new')
      expect(await bench.raw.keys(`*${bench.name}*lock*`)).to.deep.equal([])
    })

    it('does not write what was deleted while it was loaded', async () => {
      const caches = Array.from({ length: 3 }, () => open<string>({ layout, checkEveryMs: 1_000_000 }))
      const [cache, other, third] = caches as [Cache<string>, Cache<string>, Cache<string>]
      const [old, fresh] = [new Loading('old'), new Loading('fresh')]
      const first = cache.getOrSet('17', old.load)
      await old.begun.promise
      const second = other.getOrSet('17', fresh.load, { lockMs: 100_000 })
      await until(async () => (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length === 1)
      expect(await third.delete('17')).to.equal(false)
      await fresh.begun.promise
      old.end()
      expect(await first).to.equal('old')
      expect(await third.get('17')).to.equal(undefined)
      fresh.end()
      expect(await second).to.equal('fresh')
      expect(await third.get('17')).to.equal('fresh')
    })

    it('does not keep that there is nothing, unless it is null', async () => {
      const cache = open<string | null | undefined>({ layout })
      expect(await cache.getOrSet('17', () => undefined)).to.equal(undefined)
      expect(await cache.exists('17')).to.equal(false)
      expect(await bench.raw.keys(`*${bench.name}*lock*`)).to.deep.equal([])
      expect(await cache.getOrSet('17', () => null)).to.equal(null)
      expect(await cache.getOrSet('17', () => 'Ada')).to.equal(null)
    })

    it('takes no entry for a lock, whatever it is named', async () => {
      const cache = open<string>({ layout })
      for (const field of ['17', '{a}', 'b{c}d']) {
        await cache.set(`${field}:lock`, 'an entry')
        expect(await cache.getOrSet(field, () => field)).to.equal(field)
      }
    })

    it('refuses what cannot travel and lets others load', async () => {
      const cache = open({ layout })
      expect((await rejection(cache.getOrSet('17', () => () => {}))).code).to.equal('ERR_SERIALIZATION')
      expect(await cache.getOrSet('17', () => 'Ada')).to.equal('Ada')
    })
  })
}
