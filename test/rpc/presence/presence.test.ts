import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import type { RedisLife } from '../../../lib/link/source.ts'
import { Presence, type PresenceOptions } from '../../../lib/rpc/presence/presence.ts'
import { type Deferred, deferred } from '../../../lib/util/deferred.ts'
import { newServerId } from '../../../lib/wire/keys.ts'
import { describeOnEachRedis } from '../../helpers/backends.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { freshName } from '../../helpers/names.ts'
import { until } from '../../helpers/until.ts'

const LEASE_MS = 5_000

describeOnEachRedis('the presence of a server', (running) => {
  let redis: Redis
  let clock: ManualClock
  let table: string
  let returned: number
  let present: Presence[]
  before(() => {
    redis = new Redis(running().url)
  })
  after(() => redis.disconnect())
  beforeEach(() => {
    clock = new ManualClock(Date.now())
    table = `{${freshName('service')}}:servers`
    returned = 0
    present = []
  })
  afterEach(() => Promise.all(present.map((presence) => presence.leave())))

  function make(
    greet: PresenceOptions['greet'],
    onError = (error: Error): void => expect.fail(String(error)),
  ): Presence {
    const presence = new Presence({
      id: newServerId(),
      table,
      leaseMs: LEASE_MS,
      run: (commands) => commands(redis as unknown as RedisLife),
      isConnected: () => true,
      redisNow: () => clock.now(),
      connected: () => ({ life: '', connections: [] }),
      greet,
      isAlone: async () => true,
      beforeReturn: async () => {},
      onReturned: () => void returned++,
      onRenewal: () => {},
      onError,
      entry: { renew: () => {}, leave: async () => {} },
      clock,
    })
    present.push(presence)
    return presence
  }

  it('is valid again once it has renewed a lease that was over, however often that happens', async () => {
    const presence = make(async () => true)
    await presence.join()
    for (let lapse = 1; lapse <= 3; lapse++) {
      expect(presence.isValid(clock.now())).to.equal(true)
      clock.advance(2 * LEASE_MS)
      expect(presence.isValid(clock.now())).to.equal(false)
      await presence.refresh()
      await until(() => presence.isValid(clock.now()))
      expect(returned).to.equal(lapse)
    }
  })

  it('tells once that it cannot renew its lease, and vouches for nothing that happened meanwhile', async () => {
    const told: Error[] = []
    const presence = make(
      async () => true,
      (error) => void told.push(error),
    )
    await presence.join()
    clock.advance(1_000)
    await presence.refresh()
    expect(presence.vouching(clock.now()).gaplessMs).to.be.greaterThan(0)
    await redis.set(table, 'another type')
    for (let look = 0; look < 3; look++) await presence.refresh()
    expect(told).to.have.lengthOf(1)
    expect(told[0]?.message).to.include('WRONGTYPE')
    // It renews its lease in the first moment of this, and the answer comes after the last.
    clock.advance(2 * LEASE_MS)
    await redis.del(table)
    await presence.refresh()
    await until(() => presence.isValid(clock.now()))
    expect(presence.vouching(clock.now())).to.deep.equal({ gaplessMs: 0, settlesMs: LEASE_MS })
    clock.advance(LEASE_MS + 7)
    expect(presence.vouching(clock.now())).to.deep.equal({ gaplessMs: 7, settlesMs: 0 })
  })

  it('does not wait for what has a longer lease than any server', async () => {
    await redis.zadd(table, Date.now() + 1e12, `${'f'.repeat(12)} 999999999999  `)
    const presence = make(async () => false)
    await presence.join()
    expect(presence.met(clock.now())).to.deep.equal([])
    await redis.zadd(table, Date.now() + 600_000, `${'g'.repeat(12)} 600000  `)
    await presence.refresh()
    expect(presence.met(clock.now())).to.have.lengthOf(1)
  })

  it('keeps in mind no more servers than the table shows, and vouches for none it does not know', async () => {
    const presence = make(async () => true)
    await presence.join()
    clock.advance(1_000)
    await presence.refresh()
    expect(presence.vouching(clock.now()).gaplessMs).to.be.greaterThan(0)
    for (let n = 0; n < 5_000; n++) presence.meet(`${n}`.padStart(12, '-'))
    expect(presence.met(clock.now())).to.have.lengthOf(1_000)
    expect(presence.vouching(clock.now()).gaplessMs).to.equal(0)
  })

  it('is not valid before every other server knows that it is back', async () => {
    const greetings: [id: string, known: Deferred<boolean>][] = []
    const presence = make((id) => {
      const known = deferred<boolean>()
      greetings.push([id, known])
      return known.promise
    })
    await presence.join()
    const other = make(async () => true)
    await other.join()
    clock.advance(2 * LEASE_MS)
    await other.refresh()
    await presence.refresh()
    await until(() => greetings.length > 0)
    expect(presence.isValid(clock.now()), 'its greeting is not answered').to.equal(false)
    const before = greetings.splice(0)
    clock.advance(2 * LEASE_MS)
    await presence.refresh()
    await until(() => greetings.length > 0)
    for (const [, known] of before) known.resolve(true)
    await setImmediate()
    expect(presence.isValid(clock.now()), 'the greeting was of before its latest lapse').to.equal(false)
    for (const [id, known] of greetings) {
      expect(id).to.equal(other.id)
      known.resolve(true)
    }
    await until(() => presence.isValid(clock.now()))
  })
})
