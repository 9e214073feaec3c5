import { expect } from 'chai'
import { Redis } from 'ioredis'
import { Cache, type CacheLayout, type CacheOptions } from 'redis-object-rpc/ipc'
import type { RunningRedis } from '../../helpers/backends.ts'
import { Bench } from '../../ipc/helpers.ts'

export const NOW = 1_700_000_000_000

/** Caches of one name, and where their entries are in Redis. */
export class Caches {
  readonly redis: () => RunningRedis
  readonly bench: Bench
  /** Whether fields of a hash can expire at this Redis. */
  hasFieldExpiry = false

  /** Installs the hooks; after each test nothing but entries is left. */
  constructor(redis: () => RunningRedis) {
    this.redis = redis
    this.bench = new Bench(redis, 'cache')
    const { bench } = this
    before(async () => {
      const raw = new Redis(redis().url)
      this.hasFieldExpiry = await raw.hpttl('none', 'FIELDS', 1, 'none').then(
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
  }

  open<T = unknown>(options: CacheOptions = {}): Cache<T> {
    const { redis, bench } = this
    return bench.open(new Cache<T>(redis().url, bench.name, { onError: bench.onError, ...options }))
  }
}

/** The entries of a layout, as they are in Redis. */
export class Entries {
  readonly caches: Caches
  readonly layout: CacheLayout
  readonly #bench: Bench

  constructor(caches: Caches, layout: CacheLayout) {
    this.caches = caches
    this.layout = layout
    this.#bench = caches.bench
  }

  /** The key with an entry. */
  home(field: string): string {
    return this.layout === 'hash' ? this.#bench.name : `${this.#bench.name}:entry:${field}`
  }

  text(field: string): Promise<string | null> {
    const { raw } = this.#bench
    return this.layout === 'hash' ? raw.hget(this.home(field), field) : raw.get(this.home(field))
  }

  async write(field: string, value: string): Promise<void> {
    const { raw } = this.#bench
    await (this.layout === 'hash' ? raw.hset(this.home(field), field, value) : raw.set(this.home(field), value))
  }

  async ttl(field: string): Promise<number | undefined> {
    const { raw } = this.#bench
    return this.layout === 'hash'
      ? (await raw.hpttl(this.home(field), 'FIELDS', 1, field))[0]
      : raw.pttl(this.home(field))
  }

  /** Leaves a test pending where the entries of this layout cannot expire. */
  needExpiry(test: Mocha.Context): void {
    if (this.layout === 'hash' && !this.caches.hasFieldExpiry) test.skip()
  }
}
