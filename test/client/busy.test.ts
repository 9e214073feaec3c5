import { expect } from 'chai'
import { control, pipe, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'

describeOnEachRedis('a client with maxWaiting', (redis) => {
  it('refuses calls while more than so many wait in the list, and calls again once it is shorter', async () => {
    const name = freshName('service')
    const clock = new ManualClock(Date.now())
    const client = new RedisRPCClient<{ id(n: number): number }>(redis().url, name, { maxWaiting: 3, clock })
    const waiting = Array.from({ length: 5 }, (_, n) => client.id(n))
    // The second look is answered behind the push, which tells how long the list is.
    for (const _ of [1, 2]) expect(await control(client).servers()).to.deep.equal([])
    const probe = client.id(5)
    const others = [client.id(6), pipe(client, (far) => far.id(6))]
    for (const other of others)
      expect(await rejection(other), 'only one call finds out').to.include({ code: 'ERR_BUSY', service: name })
    const server = new RedisRPCServer(redis().url, name, { id: (n: number) => n })
    await server.start()
    expect(await Promise.all([...waiting, probe])).to.deep.equal([0, 1, 2, 3, 4, 5])
    clock.advance(100)
    expect(await client.id(7)).to.equal(7)
    expect(await client.id(8)).to.equal(8)
    await control(client).close()
    await server.close()
  })
})
