import { expect } from 'chai'
import { type CacheOptions, InvalidDataError, WrongTypeError } from 'redis-object-rpc/ipc'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { until } from '../../helpers/until.ts'
import { rejection } from '../../ipc/helpers.ts'
import { type Entries, NOW } from './caches.ts'

/** Entries of a cache: how they are written, read, named, and how they expire. */
export function cacheEntriesSuite(entries: Entries): void {
  const { bench } = entries.caches
  const { layout } = entries
  const open = <T = unknown>(options: CacheOptions) => entries.caches.open<T>(options)

  it('writes exactly the text of redis_ipc', async () => {
    await open({ layout, clock: new ManualClock(NOW) }).set('17', { name: 'Ada' })
    expect(await entries.text('17')).to.equal('{"timestamp":1700000000000,"content":{"name":"Ada"}}')
  })

  it('writes the time as it is set when it writes', async () => {
    const clock = new ManualClock(NOW)
    const cache = open({ layout, clock })
    await cache.get('17')
    clock.advance(1_234)
    await cache.set('17', 1)
    expect(await entries.text('17')).to.equal('{"timestamp":1700000001234,"content":1}')
  })

  it('reads the texts of redis_ipc', async () => {
    const cache = open({ layout })
    await entries.write('17', ' {"content": {"name": "Ada"} , "timestamp": 5, "more": 1}')
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
    entries.needExpiry(this)
    const cache = open({ layout })
    const ttlMs = 100 * 365 * 24 * 3_600_000
    await cache.set('17', 'Ada', { ttlMs })
    expect(await cache.get('17')).to.equal('Ada')
    expect(await entries.ttl('17')).to.be.within(ttlMs - 60_000, ttlMs)
    expect((await rejection(cache.set('17', 'Ada', { ttlMs: ttlMs + 1 }))).code).to.equal('ERR_INVALID_OPTION')
  })

  it('lets an entry expire, to the millisecond', async function () {
    entries.needExpiry(this)
    const cache = open({ layout })
    await cache.set('17', 'Ada', { ttlMs: 10_500 })
    expect(await entries.ttl('17')).to.be.within(10_000, 10_500)
    await cache.set('17', 'Ada')
    expect(await entries.ttl('17')).to.equal(-1)
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
      await entries.write('17', junk)
      const cache = open({ layout, maxMessageBytes: 1_500 })
      for (const call of [() => cache.get('17'), () => cache.bGet('17'), () => cache.getOrSet('17', () => 1)]) {
        const error = await rejection(call())
        expect(error).to.be.instanceOf(InvalidDataError)
        expect(error).to.include({ key: entries.home('17'), id: '17' })
        expect(error.message).to.match(problem)
      }
    })
  }

  it('says which key has which type when it is another one', async () => {
    await bench.raw.rpush(entries.home('17'), 'x')
    const cache = open({ layout })
    const expected = layout === 'hash' ? 'hash' : 'string'
    for (const call of [() => cache.get('17'), () => cache.bGet('17')]) {
      const error = await rejection(call())
      expect(error).to.be.instanceOf(WrongTypeError)
      expect(error).to.include({ key: entries.home('17'), expected, actual: 'list' })
    }
    if (layout === 'hash') expect(await rejection(cache.set('17', 1))).to.be.instanceOf(WrongTypeError)
  })
}
