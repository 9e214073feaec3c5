import { expect } from 'chai'
import { control, pipe, RedisRPCClient, RedisRPCServer, type Remote } from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { aborted } from '../../lib/util/abort.ts'
import { type Deferred, deferred } from '../../lib/util/deferred.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'

interface Holder {
  hold(): Promise<void>
}

describeOnEachRedis('a call that its caller cancels', (redis) => {
  let client: Remote<Holder>
  let server: RedisRPCServer
  /** Gets the signal of the method that has begun. */
  let begun: Deferred<AbortSignal>
  beforeEach(() => {
    const name = freshName('service')
    begun = deferred()
    server = new RedisRPCServer(redis().url, name, {
      async hold() {
        const { signal } = callContext()!
        begun.resolve(signal)
        await aborted(signal)
      },
    })
    client = new RedisRPCClient<Holder>(redis().url, name)
  })
  afterEach(async () => {
    await control(client).close()
    await server.close()
  })
  // Its deadline, at which the signal of the method fires anyway, is later than the end of this test.
  const cancelledBy = (signal: AbortSignal) => control(client).with({ signal, timeoutMs: 600_000 })

  it('fires the signal of its method also at a server that has started since the client last looked', async () => {
    expect(await control(client).servers()).to.deep.equal([])
    await server.start()
    const stop = new AbortController()
    const call = rejection(cancelledBy(stop.signal).hold())
    const signal = await begun.promise
    stop.abort()
    expect(await call).to.have.property('name', 'AbortError')
    await aborted(signal)
  })

  it('fires that signal also when the server has begun before the client knows that its request is in Redis', async () => {
    await server.start()
    // Two sockets decide which of the two comes first, so there are many calls.
    for (let i = 0; i < 300; i++) {
      begun = deferred()
      const stop = new AbortController()
      const call = rejection(cancelledBy(stop.signal).hold())
      const signal = await begun.promise
      stop.abort()
      await call
      await aborted(signal)
    }
  })

  it('fires that signal at every server where all of them were called', async () => {
    await server.start()
    const stop = new AbortController()
    const replies = control(cancelledBy(stop.signal)).all().hold()[Symbol.asyncIterator]()
    const reply = replies.next()
    const signal = await begun.promise
    stop.abort(new Error('enough'))
    const { value } = await reply
    expect(value.error).to.have.property('message', 'enough')
    await aborted(signal)
  })

  it('is not sent when that was before it was made, whatever the way of calling', async () => {
    await server.start()
    const before = cancelledBy(AbortSignal.abort(new Error('before')))
    const ofAll = async (): Promise<unknown> => {
      for await (const reply of control(before).all().hold()) return reply
      return undefined
    }
    for (const call of [() => pipe(before, (far) => far.hold()), () => control(before).notify.hold(), ofAll])
      expect(await rejection(call())).to.have.property('message', 'before')
    expect(server.stats.running).to.equal(0)
  })
})
