import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'

describeOnEachRedis('a server with maxQueueAgeMs', (redis) => {
  it('answers a call that has waited for longer with ERR_BUSY, and does not run it', async () => {
    const name = freshName('service')
    const runs: number[] = []
    const target = { run: (n: number) => void runs.push(n) }
    const server = new RedisRPCServer(redis().url, name, target, { maxQueueAgeMs: 5_000 })
    const raw = new Redis(redis().url)
    const inbox = `${name}:rpc:abcdefghijkl`
    const sent = Date.now() - 10_000
    const request = {
      function_call: { name: 'run', args: [1] },
      response_queue: inbox,
      id: 1,
      sent,
      deadline: sent + 60_000,
    }
    await raw.rpush(name, JSON.stringify(request))
    await server.start()
    const [, reply] = (await raw.blpop(inbox, 10)) ?? []
    expect(JSON.parse(reply ?? '')).to.include({ id: 1 })
    expect(JSON.parse(reply ?? '').error).to.have.nested.property('fields.code', 'ERR_BUSY')
    const client = new RedisRPCClient<{ run(n: number): void }>(redis().url, name)
    await client.run(2)
    expect(runs).to.deep.equal([2])
    await control(client).close()
    await server.close()
    raw.disconnect()
  })
})
