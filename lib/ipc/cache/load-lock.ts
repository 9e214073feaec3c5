import { randomUUID } from 'node:crypto'
import { Script } from '../../link/script.ts'
import type { Clock, ClockTimer } from '../../util/clock.ts'
import type { CommandSpec, Commands } from '../commands.ts'
import type { EntryKeys } from '../keys.ts'
import type { CacheLayout } from './options.ts'

/**
 * Extends a lock.
 *
 * KEYS: lock. ARGV: token, ms. Result: 1, or 0 if this process does not hold it.
 */
const renew: Script<0 | 1> = new Script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`)

/**
 * Releases a lock and notifies waiting callers.
 *
 * KEYS: lock. ARGV: token, channel. Result: 1, or 0 if this process does not hold it.
 */
const release: Script<0 | 1> = new Script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.pcall('PUBLISH', ARGV[2], '')
return 1
`)

/**
 * Writes a loaded entry, releases the lock, and notifies waiting callers. A loader writes nothing
 * if it has lost its lock, because it was away for too long or the entry was deleted, or if the
 * entry was set in the meantime, because that value is newer.
 *
 * KEYS: home, lock. ARGV: token, text, ttl in ms or 0, channel, layout, field. Result: 1, or 0 if
 * it was not written.
 */
const store: Script<0 | 1> = new Script(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local ttl = tonumber(ARGV[3])
local isSet
if ARGV[5] == 'hash' then isSet = redis.call('HEXISTS', KEYS[1], ARGV[6])
else isSet = redis.call('EXISTS', KEYS[1]) end
if isSet == 1 then
  -- It stays.
elseif ARGV[5] == 'hash' then
  redis.call('HSET', KEYS[1], ARGV[6], ARGV[2])
  if ttl > 0 then redis.call('HPEXPIRE', KEYS[1], ttl, 'FIELDS', 1, ARGV[6]) end
elseif ttl > 0 then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ttl)
else
  redis.call('SET', KEYS[1], ARGV[2])
end
redis.call('DEL', KEYS[2])
redis.pcall('PUBLISH', ARGV[4], '')
return 1 - isSet
`)

export interface LoadLockOptions {
  readonly commands: Commands
  readonly keys: EntryKeys
  readonly lockMs: number
  readonly clock: Clock
  readonly onError: (error: Error) => void
}

const RENEWALS_A_LOCK = 3

/**
 * The right to load one entry, which one process has at a time. It expires if that process does not
 * renew it.
 */
export class LoadLock {
  readonly #options: LoadLockOptions
  readonly #token = randomUUID()
  #timer: ClockTimer | undefined
  #ended = false

  constructor(options: LoadLockOptions) {
    this.#options = options
  }

  /**
   * @returns undefined if it was acquired; otherwise in how many ms it expires, unless its holder
   * renews it
   */
  async acquire(): Promise<number | undefined> {
    const { commands, keys, lockMs } = this.#options
    const heldForMs = await commands.run(this.#work('lock', true), async (redis, repeated) => {
      const token = this.#token
      if ((await redis.set(keys.lock, token, 'PX', lockMs, 'NX')) !== null) return undefined
      if (repeated && (await redis.get(keys.lock)) === token) return undefined
      const lapsesInMs = await redis.pttl(keys.lock)
      // It is gone by now, or has no expiry, so it is not a lock of this library.
      return lapsesInMs === -1 ? lockMs : Math.max(0, lapsesInMs) + 1
    })
    if (heldForMs === undefined) this.#keepRenewing()
    return heldForMs
  }

  /**
   * Writes the loaded value and releases the lock; false if the lock was lost or the entry was set
   * in the meantime.
   */
  async store(text: string, ttlMs: number | undefined, layout: CacheLayout, field: string): Promise<boolean> {
    const { commands, keys } = this.#options
    this.#end()
    const args = [this.#token, text, ttlMs ?? 0, keys.channel, layout, field]
    const work = { ...this.#work('set', false), keys: { [keys.home]: layout === 'hash' ? 'hash' : 'string' } } as const
    return (await commands.run(work, (redis) => store.run(redis, [keys.home, keys.lock], args))) === 1
  }

  /** Releases the lock, so that others may load. */
  async release(): Promise<void> {
    const { commands, keys } = this.#options
    this.#end()
    await commands.run(this.#work('unlock', true), (redis) =>
      release.run(redis, [keys.lock], [this.#token, keys.channel]),
    )
  }

  #keepRenewing(): void {
    if (this.#ended) return
    const { clock, lockMs, onError } = this.#options
    this.#timer = clock.setTimer(
      () => {
        this.#renew().catch((error: Error) => {
          if (!this.#ended) onError(error)
        })
      },
      Math.floor(lockMs / RENEWALS_A_LOCK),
    )
  }

  async #renew(): Promise<void> {
    const { commands, keys, lockMs } = this.#options
    try {
      await commands.run(this.#work('lock', true), (redis) => renew.run(redis, [keys.lock], [this.#token, lockMs]))
    } finally {
      // Also if the lock was lost: the loader continues, and its result is not written.
      this.#keepRenewing()
    }
  }

  #end(): void {
    this.#ended = true
    this.#options.clock.clearTimer(this.#timer)
  }

  #work(what: string, repeatable: boolean): CommandSpec {
    const { keys } = this.#options
    return { what: `${what} ${keys.lock}`, keys: { [keys.lock]: 'string' }, repeatable }
  }
}
