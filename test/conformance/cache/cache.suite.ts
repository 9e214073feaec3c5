import { expect } from 'chai'
import type { CacheLayout, CacheOptions } from 'redis-object-rpc/ipc'
import type { RunningRedis } from '../../helpers/backends.ts'
import { rejection } from '../../ipc/helpers.ts'
import { Caches, Entries } from './caches.ts'
import { cacheEntriesSuite } from './entries.suite.ts'
import { cacheGetOrSetSuite } from './get-or-set.suite.ts'
import { cacheWaitsSuite } from './waits.suite.ts'

/** The wire of redis_ipc, and what is better here than there. */
export function cacheSuite(redis: () => RunningRedis): void {
  const caches = new Caches(redis)
  const { bench } = caches
  const open = (options: CacheOptions = {}) => caches.open(options)

  describe('layout', () => {
    it('is that of redis_ipc where fields can expire, else a key for each entry', async () => {
      await open().set('17', 'Ada')
      expect(await bench.keys()).to.deep.equal([caches.hasFieldExpiry ? 'NAME' : 'NAME:entry:17'])
    })

    it("refuses a ttlMs in layout 'hash' where fields cannot expire, before anything is written", async function () {
      if (caches.hasFieldExpiry) return this.skip()
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
      const entries = new Entries(caches, layout)
      cacheEntriesSuite(entries)
      cacheWaitsSuite(entries)
      cacheGetOrSetSuite(entries)
    })
  }
}
