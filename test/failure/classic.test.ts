import { expect } from 'chai'
import { control, RedisRPCClient } from 'redis-object-rpc'
import { FakeRedis } from '../helpers/fake-redis.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { rejection } from '../helpers/pair.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'

describe('a classic client', () => {
  it('does not wait for ever for the answers of calls that gave up while Redis was away', async () => {
    await using redis = await FakeRedis.start()
    await using proxy = await TcpProxy.start(redis.url)
    const clock = new ManualClock()
    const options = { dialect: 'classic', clock, connectTimeoutMs: 3_600_000, timeoutMs: 1_000 } as const
    const calc = new RedisRPCClient<{ add(): void }>(proxy.url, 'calc', { ...options, onError: () => {} })
    const lists = () => redis.commands.filter(([command]) => command === 'BLMPOP').at(-1)
    const given = rejection(calc.add())
    await until(() => redis.pushedTo('calc').length === 1)
    const { response_queue: list } = JSON.parse(redis.pushedTo('calc')[0] as string)
    await until(() => lists()?.includes(list))
    proxy.hold()
    proxy.cut()
    await until(() => {
      clock.advance(1)
      return proxy.accepted > 2
    })
    clock.advance(1_000)
    expect(await given)
      .to.have.property('code')
      .that.is.oneOf(['ERR_TIMEOUT', 'ERR_DELIVERY_UNKNOWN'])
    clock.advance(60_000)
    proxy.cut()
    proxy.release()
    void calc.add().catch(() => {})
    await until(() => {
      clock.advance(1)
      return redis.pushedTo('calc').length === 2 && !lists()?.includes(list)
    })
    const closing = control(calc).close()
    await until(() => {
      clock.advance(10)
      return clock.pending === 0
    })
    await closing
  })
})
