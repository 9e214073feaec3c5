import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { Subscriber } from '../../lib/link/subscriber.ts'
import { addressOf } from '../helpers/address.ts'
import { FakeRedis, reply } from '../helpers/fake-redis.ts'
import { ManualClock, meanwhile } from '../helpers/manual-clock.ts'
import { until } from '../helpers/until.ts'

const PING_MS = 5_000

describe('a subscriber', () => {
  it('pings its connection, and goes on with the next one when it is lost', async () => {
    await using redis = await FakeRedis.start()
    redis.answers.set('SUBSCRIBE', ([channel = '']) => `*3\r\n${reply.text('subscribe')}${reply.text(channel)}:1\r\n`)
    let pings = 0
    redis.answers.set('PING', () => {
      pings++
      return '+PONG\r\n'
    })
    const clock = new ManualClock()
    const subscriber = new Subscriber(addressOf(redis.url), { connectTimeoutMs: 1_000, onError: () => {}, clock })
    let resumed = 0
    const listener = { onMessage: () => {}, onResumed: () => void resumed++ }
    const stop = await meanwhile(clock, subscriber.listen('news', listener))
    const beforeThis = pings
    clock.advance(PING_MS)
    await until(() => pings > beforeThis)
    redis.cut()
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    const lost = pings
    // Its time to ping comes while there is no connection.
    clock.advance(PING_MS)
    expect(pings).to.equal(lost)
    await until(() => {
      clock.advance(50)
      return resumed === 1
    })
    const back = pings
    clock.advance(PING_MS)
    await until(() => pings > back)
    stop()
    await until(() => redis.commands.some(([command]) => command === 'UNSUBSCRIBE'))
    subscriber.close()
    expect(clock.pending).to.equal(0)
  })
})
