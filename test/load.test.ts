import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { describeOnEachRedis } from './helpers/backends.ts'
import { ManualClock } from './helpers/manual-clock.ts'
import { freshName } from './helpers/names.ts'
import { rejection } from './helpers/pair.ts'
import { until } from './helpers/until.ts'

describeOnEachRedis('under load, and among junk,', (redis) => {
  it('a client refuses calls while more than maxWaiting wait, and goes on when the list is shorter', async () => {
    const name = freshName('service')
    const clock = new ManualClock(Date.now())
    const client = new RedisRPCClient<{ id(n: number): number }>(redis().url, name, { maxWaiting: 3, clock })
    const waiting = Array.from({ length: 5 }, (_, n) => client.id(n))
    // The second look is answered behind the push, which tells how long the list is.
    for (const _ of [1, 2]) expect(await control(client).servers()).to.deep.equal([])
    const probe = client.id(5)
    expect(await rejection(client.id(6)), 'only one call finds out').to.include({ code: 'ERR_BUSY', service: name })
    const server = new RedisRPCServer(redis().url, name, { id: (n: number) => n })
    await server.start()
    expect(await Promise.all([...waiting, probe])).to.deep.equal([0, 1, 2, 3, 4, 5])
    clock.advance(100)
    expect(await client.id(7)).to.equal(7)
    expect(await client.id(8)).to.equal(8)
    await control(client).close()
    await server.close()
  })

  it('a server refuses what has waited for longer than maxQueueAgeMs, and does not run it', async () => {
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

  it('a server answers a classic request that holds a key it refuses', async () => {
    const name = freshName('service')
    const server = new RedisRPCServer(redis().url, name, { a: () => 1 }, { onError: () => {} })
    await server.start()
    const raw = new Redis(redis().url)
    const list = `${name}:rpc:ABCDEFGH`
    await raw.rpush(name, `{"function_call":{"name":"a","args":[{"__proto__":1}]},"response_queue":"${list}"}`)
    const [, reply] = (await raw.blpop(list, 10)) ?? []
    expect(JSON.parse(reply ?? '').exception).to.match(/__proto__/)
    await server.close()
    raw.disconnect()
  })

  it('replies without id fail no call once a native server has answered', async () => {
    const name = freshName('service')
    let go = (): void => {}
    const gone = new Promise<void>((resolve) => {
      go = resolve
    })
    const server = new RedisRPCServer(redis().url, name, { caller: () => callContext()?.caller, wait: () => gone })
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
    go()
    await Promise.all(waits)
    expect(told).to.have.lengthOf(2)
    await control(client).close()
    await server.close()
    raw.disconnect()
  })
})
