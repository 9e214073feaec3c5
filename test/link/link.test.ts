import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { WrongTypeError } from '../../lib/errors.ts'
import { Link } from '../../lib/link/link.ts'
import type { RedisLife } from '../../lib/link/source.ts'
import { addressOf } from '../helpers/address.ts'
import { FakeRedis, reply } from '../helpers/fake-redis.ts'
import { ManualClock, meanwhile } from '../helpers/manual-clock.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

/** The commands that a link sends while it closes, in order: ends the pop, takes back, renews expiries, removes its keys. */
const CLOSING = ['RPUSH', 'LREM', 'PEXPIRE', 'DEL']
/** Its reader has two seconds to stop, and all the rest together as many. */
const CLOSED_WITHIN_MS = 4_000

describe('a link', () => {
  let clock: ManualClock
  let redis: FakeRedis
  let link: Link

  beforeEach(async () => {
    clock = new ManualClock()
    redis = await FakeRedis.start()
    link = new Link(addressOf(redis.url), {
      home: 'own',
      inlet: { lists: () => ['own'], capacity: () => 1, onBatch: () => {}, expireMs: () => 60_000 },
      onError: () => {},
      connectTimeoutMs: 1_000,
      clock,
    })
    await link.open()
  })
  afterEach(() => redis.close())

  it('is prepared on another connection when its server has become a replica meanwhile', async () => {
    const { connection } = link
    const before = connection.ready
    let refusals = 1
    redis.answers.set('DEL', () =>
      refusals-- > 0 ? reply.error("READONLY You can't write against a read only replica.") : reply.number(0),
    )
    const prepare = async (life: RedisLife) => void (await life.del('own'))
    await meanwhile(clock, link.open(prepare))
    expect(connection.ready).to.not.equal(before)
    expect(await close()).to.be.at.most(CLOSED_WITHIN_MS)
  })

  it('rejects with the error that its preparation has for a refusal', async () => {
    const refused = new WrongTypeError('own', 'a list', 'string')
    expect(await rejection(link.open(() => Promise.reject(refused)))).to.equal(refused)
    expect(await close()).to.be.at.most(CLOSED_WITHIN_MS)
  })

  const push = async (text: string): Promise<void> => {
    let isDelivered = false
    const delivered = (): void => {
      isDelivered = true
    }
    link.outbox.push('other', { text, cancelled: false, delivered, undelivered: () => {} })
    await until(() => isDelivered)
  }

  /** Closes it, moving time on, and returns how long that took, in ms. */
  const close = async (): Promise<number> => {
    const begun = clock.now()
    let isClosed = false
    const closing = link.close(['own']).then(() => {
      isClosed = true
    })
    while (!isClosed && clock.now() - begun <= CLOSED_WITHIN_MS) {
      for (let turn = 0; turn < 20 && !isClosed; turn++) await setImmediate()
      if (!isClosed) clock.advance(100)
    }
    if (isClosed) await closing
    return clock.now() - begun
  }

  for (const last of CLOSING) {
    it(`closes within its bounds when Redis falls silent at ${last}`, async () => {
      // The second push makes a renewal of the list's expiry due.
      await push('1')
      await push('2')
      link.takeBack.add('other', '1')
      let isSilent = false
      redis.answers.set(last, () => {
        isSilent = true
        for (const command of [...CLOSING, 'BLMPOP', 'PING']) redis.answers.set(command, () => undefined)
        return undefined
      })
      expect(await close()).to.be.at.most(CLOSED_WITHIN_MS)
      expect(isSilent, `${last} was sent`).to.equal(true)
      expect(clock.pending, 'timers left').to.equal(0)
    })
  }
})
