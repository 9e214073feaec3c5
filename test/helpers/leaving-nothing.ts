import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { describeOnEachRedis, type RunningRedis } from './backends.ts'
import { freshName, isFreshName } from './names.ts'
import { TimerOrigins } from './timer-origins.ts'

/** What was closed is gone within so many looks, each of some turns of the event loop: a timer that is left would not run out meanwhile. */
const LOOKS = 100
/** Longer than any test. */
const EXPIRE_MS = 600_000

type Left = Readonly<Record<'timers' | 'listeners' | 'connections' | 'keys', number>>

/** Signals that the library has listened to in this test. It listens with objects, and tests do with functions. */
const heard = new Set<AbortSignal>()
const { addEventListener } = EventTarget.prototype

function remember(this: EventTarget, ...args: Parameters<EventTarget['addEventListener']>): void {
  if (this instanceof AbortSignal && typeof args[1] === 'object') heard.add(this)
  addEventListener.apply(this, args)
}

function listeners(): number {
  const ofProcess = process.eventNames().map((name) => process.listenerCount(name))
  const ofSignals = [...heard].map(
    (signal) => getEventListeners(signal, 'abort').filter((listener) => typeof listener === 'object').length,
  )
  return [...ofProcess, ...ofSignals].reduce((sum, count) => sum + count, 0)
}

async function count(admin: Redis): Promise<Left> {
  const clients = String(await admin.client('LIST')).split('\n')
  const keys = (await admin.keys('*')).filter(isFreshName)
  const expiries = await Promise.all(keys.map((key) => admin.pttl(key)))
  return {
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    listeners: listeners(),
    connections: clients.filter((line) => / name=redis-object-rpc:/.test(line) && isFreshName(line)).length,
    keys: expiries.filter((expiry) => expiry === -1).length,
  }
}

/** What there is more of than before. */
function more(before: Left, now: Left): Partial<Left> {
  const kinds = Object.entries(now) as [keyof Left, number][]
  return Object.fromEntries(
    kinds.map(([kind, number]) => [kind, number - before[kind]] as const).filter(([, number]) => number > 0),
  )
}

/**
 * A suite on each Redis, after each of whose tests no timer, no listener, no connection of the library's and no key that does not expire
 * is left. It closes what it opens, and looks itself at what its ends have lent and borrowed.
 */
export function describeLeavingNothing(title: string, suite: (redis: () => RunningRedis) => void): void {
  describeOnEachRedis(title, (redis) => {
    let admin: Redis
    let earlier: Left
    const timers = new TimerOrigins()
    before(() => {
      admin = new Redis(redis().url)
      EventTarget.prototype.addEventListener = remember
    })
    beforeEach(async () => {
      heard.clear()
      // The embedded server has a timer while any key expires.
      await admin.set(freshName('expires'), '', 'PX', EXPIRE_MS)
      earlier = await count(admin)
      timers.begin()
    })
    suite(redis)
    afterEach('leaves nothing behind', async () => {
      let left = more(earlier, await count(admin))
      for (let look = 1; look < LOOKS && Object.keys(left).length > 0; look++) left = more(earlier, await count(admin))
      const from = left.timers === undefined ? [] : timers.pending
      expect(left, ['left behind', ...from].join('\n\n')).to.deep.equal({})
    })
    after(() => {
      timers.end()
      EventTarget.prototype.addEventListener = addEventListener
      admin?.disconnect()
    })
  })
}
