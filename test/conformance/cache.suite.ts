import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  Cache,
  type CacheLayout,
  type CacheOptions,
  InvalidDataError,
  TimeoutError,
  WrongTypeError,
} from 'redis-object-rpc/ipc'
import { deferred } from '../../lib/util/deferred.ts'
import type { RunningRedis } from '../helpers/backends.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { until } from '../helpers/until.ts'
import { Bench, needScripts, rejection } from '../ipc/helpers.ts'

const NOW = 1_700_000_000_000

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

/** The wire of redis_ipc, and what is better here than there. */
export function cacheSuite(redis: () => RunningRedis): void {
  const bench = new Bench(redis, 'cache')
  const open = <T = unknown>(options: CacheOptions = {}) =>
    bench.open(new Cache<T>(redis().url, bench.name, { onError: bench.onError, ...options }))
  let hasFieldExpiry = false

  before(async () => {
    const raw = new Redis(redis().url)
    hasFieldExpiry = await raw.hpttl('none', 'FIELDS', 1, 'none').then(
      () => true,
      () => false,
    )
    raw.disconnect()
  })

  afterEach('leaves nothing but entries behind', async () => {
    await bench.closeAll()
    for (const key of await bench.raw.keys(`${bench.name}*`)) await bench.raw.del(key)
    expect(await bench.keys()).to.deep.equal([])
    expect(bench.errors).to.deep.equal([])
  })

  describe('layout', () => {
    it('is that of redis_ipc where fields can expire, else a key for each entry', async () => {
      await open().set('17', 'Ada')
      expect(await bench.keys()).to.deep.equal([hasFieldExpiry ? 'NAME' : 'NAME:entry:17'])
    })

    it("refuses a ttlMs in layout 'hash' where fields cannot expire, before anything is written", async function () {
      if (hasFieldExpiry) return this.skip()
      const cache = open({ layout: 'hash' })
      let loaded = false
      for (const call of [
        () => cache.set('17', 'Ada', { ttlMs: 1_000 }),
        () =>
          cache.getOrSet(
            '17',
            () => {
              loaded = true
              return 'Ada'
            },
            { ttlMs: 1_000 },
          ),
      ]) {
        const error = await rejection(call())
        expect(error).to.include({ code: 'ERR_UNSUPPORTED', command: 'HPEXPIRE' })
        expect(error.message).to.match(/Redis 7\.4/)
      }
      expect(loaded).to.equal(false)
      expect(await bench.keys()).to.deep.equal([])
    })

    it('is refused when it is unknown', () => {
      expect(() => open({ layout: 'list' as CacheLayout })).to.throw("layout must be 'hash' or 'keys'")
    })
  })

  for (const layout of ['hash', 'keys'] as const) {
    describe(`layout ${layout}`, () => {
      const home = (field: string) => (layout === 'hash' ? bench.name : `${bench.name}:entry:${field}`)
      const text = (field: string) =>
        layout === 'hash' ? bench.raw.hget(home(field), field) : bench.raw.get(home(field))
      const writeRaw = (field: string, value: string) =>
        layout === 'hash' ? bench.raw.hset(home(field), field, value) : bench.raw.set(home(field), value)
      const ttlOf = async (field: string) =>
        layout === 'hash' ? (await bench.raw.hpttl(home(field), 'FIELDS', 1, field))[0] : bench.raw.pttl(home(field))
      const needExpiry = function (this: Mocha.Context) {
        if (layout === 'hash' && !hasFieldExpiry) this.skip()
      }

      it('writes exactly the text of redis_ipc', async () => {
        await open({ layout, clock: new ManualClock(NOW) }).set('17', { name: 'Ada' })
        expect(await text('17')).to.equal('{"timestamp":1700000000000,"content":{"name":"Ada"}}')
      })

      it('writes the time as it is set when it writes', async () => {
        const clock = new ManualClock(NOW)
        const cache = open({ layout, clock })
        await cache.get('17')
        clock.advance(1_234)
        await cache.set('17', 1)
        expect(await text('17')).to.equal('{"timestamp":1700000001234,"content":1}')
      })

      it('reads the texts of redis_ipc', async () => {
        const cache = open({ layout })
        await writeRaw('17', ' {"content": {"name": "Ada"} , "timestamp": 5, "more": 1}')
        expect(await cache.get('17')).to.deep.equal({ name: 'Ada' })
      })

      it('gets what was set, and nothing where there is nothing', async () => {
        const cache = open({ layout })
        expect(await cache.get('17')).to.equal(undefined)
        expect(await cache.exists('17')).to.equal(false)
        await cache.set('17', null)
        expect(await cache.get('17')).to.equal(null)
        expect(await cache.exists('17')).to.equal(true)
        await cache.set('17', { at: new Date(0) })
        expect(await cache.get('17')).to.deep.equal({ at: new Date(0) })
        expect(await cache.delete('17')).to.equal(true)
        expect(await cache.delete('17')).to.equal(false)
        expect(await cache.get('17')).to.equal(undefined)
      })

      it('refuses to set undefined, which means that there is no entry', async () => {
        const cache = open({ layout })
        const error = await rejection(cache.set('17', undefined))
        expect(error).to.include({ code: 'ERR_SERIALIZATION', path: 'content' })
        expect(await cache.exists('17')).to.equal(false)
        await cache.set('17', null)
        expect(await cache.get('17')).to.equal(null)
      })

      it('keeps fields apart whatever they are named', async () => {
        const cache = open({ layout })
        const fields = ['a', 'a:b', '{a}', '}a{', 'ä ☃', '__proto__', ' ']
        for (const field of fields) await cache.set(field, field)
        for (const field of fields) expect(await cache.get(field)).to.equal(field)
        expect((await rejection(cache.get(''))).code).to.equal('ERR_INVALID_OPTION')
      })

      it('keeps an entry for longer than a timer runs', async function () {
        needExpiry.call(this)
        const cache = open({ layout })
        const ttlMs = 100 * 365 * 24 * 3_600_000
        await cache.set('17', 'Ada', { ttlMs })
        expect(await cache.get('17')).to.equal('Ada')
        expect(await ttlOf('17')).to.be.within(ttlMs - 60_000, ttlMs)
        expect((await rejection(cache.set('17', 'Ada', { ttlMs: ttlMs + 1 }))).code).to.equal('ERR_INVALID_OPTION')
      })

      it('lets an entry expire, to the millisecond', async function () {
        needExpiry.call(this)
        const cache = open({ layout })
        await cache.set('17', 'Ada', { ttlMs: 10_500 })
        expect(await ttlOf('17')).to.be.within(10_000, 10_500)
        await cache.set('17', 'Ada')
        expect(await ttlOf('17')).to.equal(-1)
        await cache.set('17', 'Ada', { ttlMs: 30 })
        await until(async () => (await cache.get('17')) === undefined)
        for (const ttlMs of [0, -1, 0.5, Number.NaN, '5' as unknown as number]) {
          expect((await rejection(cache.set('17', 'Ada', { ttlMs }))).code).to.equal('ERR_INVALID_OPTION')
        }
      })

      for (const [junk, problem] of [
        ['junk', /not JSON/],
        ['[]', /not a JSON object/],
        ['{"timestamp":1}', /no content/],
        ['{"content":{"__proto__":1}}', /__proto__/],
        [`{"content":"${'x'.repeat(2_000)}"}`, /maxMessageBytes/],
      ] as const) {
        it(`rejects ${junk.slice(0, 30)} with its key and what is wrong with it`, async () => {
          await writeRaw('17', junk)
          const cache = open({ layout, maxMessageBytes: 1_500 })
          for (const call of [() => cache.get('17'), () => cache.bGet('17'), () => cache.getOrSet('17', () => 1)]) {
            const error = await rejection(call())
            expect(error).to.be.instanceOf(InvalidDataError)
            expect(error).to.include({ key: home('17'), id: '17' })
            expect(error.message).to.match(problem)
          }
        })
      }

      it('says which key has which type when it is another one', async () => {
        await bench.raw.rpush(home('17'), 'x')
        const cache = open({ layout })
        const expected = layout === 'hash' ? 'hash' : 'string'
        for (const call of [() => cache.get('17'), () => cache.bGet('17')]) {
          const error = await rejection(call())
          expect(error).to.be.instanceOf(WrongTypeError)
          expect(error).to.include({ key: home('17'), expected, actual: 'list' })
        }
        if (layout === 'hash') expect(await rejection(cache.set('17', 1))).to.be.instanceOf(WrongTypeError)
      })

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
        await writeRaw('17', '{"timestamp":1,"content":"Ada"}')
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
        await writeRaw('17', '{"timestamp":1,"content":"Ada"}')
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
          needExpiry.call(this)
          const cache = open({ layout, clock: new ManualClock(NOW) })
          expect(await cache.getOrSet('17', (field) => ({ field }), { ttlMs: 10_500 })).to.deep.equal({ field: '17' })
          expect(await text('17')).to.equal('{"timestamp":1700000000000,"content":{"field":"17"}}')
          expect(await ttlOf('17')).to.be.within(10_000, 10_500)
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
          await until(
            async () => finish.length === 1 && (await bench.raw.pubsub('CHANNELS', `*${bench.name}*`)).length > 0,
          )
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
          const failures = outcomes.flatMap((outcome) =>
            outcome.status === 'rejected' ? [outcome.reason.message] : [],
          )
          expect(failures.toSorted()).to.deep.equal(['failure 1', 'failure 2'])
          expect(runs).to.equal(3)
        })

        it('loads an entry itself once the lock of a process that died has expired', async () => {
          const { lock } = { lock: layout === 'hash' ? `{${bench.name}}:lock:17` : `{${home('17')}}:lock` }
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
          for (let renewals = 0, left = 1_500; renewals < 3; ) {
            const now = await bench.raw.pttl(lock)
            if (now > left) renewals++
            left = now
          }
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
    })
  }
}
