import { expect } from 'chai'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { aborted } from '../../lib/util/abort.ts'
import { deferred } from '../../lib/util/deferred.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'

describeOnEachRedis('a call that its caller cancels', (redis) => {
  it('fires the signal of its method also at a server that has started since the client last looked', async () => {
    const name = freshName('service')
    const begun = deferred<void>()
    const stopped = deferred<void>()
    const client = new RedisRPCClient<{ hold(): Promise<void> }>(redis().url, name)
    expect(await control(client).servers()).to.deep.equal([])
    const server = new RedisRPCServer(redis().url, name, {
      async hold() {
        begun.resolve()
        await aborted(callContext()!.signal)
        stopped.resolve()
      },
    })
    await server.start()
    const stop = new AbortController()
    // Its deadline, at which the signal fires anyway, is later than the end of this test.
    const call = rejection(control(client).with({ signal: stop.signal, timeoutMs: 600_000 }).hold())
    await begun.promise
    stop.abort()
    expect(await call).to.have.property('name', 'AbortError')
    await stopped.promise
    await control(client).close()
    await server.close()
  })

  it('fires that signal also when the server has begun before the client knows that its request is in Redis', async () => {
    const name = freshName('service')
    let begun = deferred<AbortSignal>()
    const server = new RedisRPCServer(redis().url, name, {
      async hold() {
        const { signal } = callContext()!
        begun.resolve(signal)
        await aborted(signal)
      },
    })
    await server.start()
    const client = new RedisRPCClient<{ hold(): Promise<void> }>(redis().url, name)
    // Two sockets decide which of the two comes first, so there are many calls.
    for (let i = 0; i < 300; i++) {
      begun = deferred()
      const stop = new AbortController()
      const call = rejection(control(client).with({ signal: stop.signal, timeoutMs: 600_000 }).hold())
      const signal = await begun.promise
      stop.abort()
      await call
      await aborted(signal)
    }
    await control(client).close()
    await server.close()
  })
})
