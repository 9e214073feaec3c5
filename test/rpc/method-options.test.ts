import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { countEnds } from '../helpers/settled.ts'
import { until } from '../helpers/until.ts'

interface Users {
  find(id: number): number
  add(id: number): number
}

describeOnEachRedis('options of single methods', (redis) => {
  it('are learnt by clients that connect, and calls have the last word', async () => {
    const name = freshName('users')
    const observer = new Redis(redis().url)
    const users = { find: (id: number) => id, add: (id: number) => id }
    const methods = { find: { delivery: 'at-least-once' } } as const
    const server = new RedisRPCServer(redis().url, name, users, { methods })
    await server.start()
    const client = new RedisRPCClient<Users>(redis().url, name)
    expect(await client.find(1)).to.equal(1)
    // It is answered behind the client's own question.
    expect((await control(client).servers()).map(({ repeatable }) => repeatable)).to.deep.equal([['find']])
    await server.close()
    const calls = [client.find(2), client.add(3), control(client).with({ delivery: 'at-most-once' }).find(4)]
    const ends = countEnds(calls, String)
    await until(async () => (await observer.llen(name)) === 3)
    const requests = (await observer.lrange(name, 0, -1)).map((text) => JSON.parse(text).options)
    expect(requests).to.deep.equal([{ delivery: 'at-least-once' }, undefined, undefined])
    await control(client).close()
    expect(await ends).to.deep.equal({ ERR_CLOSED: 3 })
    observer.disconnect()
  })
})
