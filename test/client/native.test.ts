import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { deferred } from '../../lib/util/deferred.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { until } from '../helpers/until.ts'

describeOnEachRedis('a native client', (redis) => {
  it('drops replies without an id, and reports them, once a native server has answered', async () => {
    const name = freshName('service')
    const gone = deferred<void>()
    const server = new RedisRPCServer(redis().url, name, {
      caller: () => callContext()?.caller,
      wait: () => gone.promise,
    })
    await server.start()
    const told: Error[] = []
    const client = new RedisRPCClient<{ caller(): string; wait(): Promise<void> }>(redis().url, name, {
      onError: (error) => void told.push(error),
    })
    const inbox = await client.caller()
    const waits = [client.wait(), client.wait()]
    await until(() => server.stats.running === 2)
    const raw = new Redis(redis().url)
    await raw.rpush(inbox, '{"return_value":1}', '{"return_value":2}')
    await until(() => control(client).stats.junk === 2)
    gone.resolve()
    await Promise.all(waits)
    expect(told).to.have.lengthOf(2)
    await control(client).close()
    await server.close()
    raw.disconnect()
  })
})
