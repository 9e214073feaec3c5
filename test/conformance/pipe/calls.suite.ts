import { expect } from 'chai'
import { ClosedError, control, pipe, RedisRPCClient, TimeoutError } from 'redis-object-rpc'
import { rejection, startPair } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'
import { NotForSale, type Shop, type ShopPair } from './shop.ts'

/** A pipeline as a call: its errors, its deadline, its place among other calls. */
export function pipeCallsSuite(ends: ShopPair): void {
  const { redis } = ends
  it('is one call: it is counted once, and takes one place', async () => {
    const result = pipe(ends.pair.client, (far) => [far.wait(1), far.wait(2)])
    await ends.shop.entered.promise
    expect(ends.pair.server.stats.running).to.equal(1)
    expect(control(ends.pair.client).stats.pending).to.equal(1)
    ends.shop.gate.resolve()
    await result
    await rejection(pipe(ends.pair.client, (far) => far.refuse()))
    expect(ends.pair.server.stats).to.include({ succeeded: 1, failed: 1, expired: 0, junk: 0, running: 0 })
  })

  it('waits for room as other calls do', async () => {
    await ends.pair.close()
    ends.pair = await startPair(redis(), ends.shop, { server: { concurrency: 1 } })
    const first = ends.pair.client.wait(1)
    await ends.shop.entered.promise
    const second = pipe(ends.pair.client, (far) => far.ordersOf(1))
    const third = pipe(ends.pair.client, (far) => far.ordersOf(2))
    await ends.observer.ping()
    expect(ends.shop.log).to.deep.equal(['wait 1'])
    ends.shop.gate.resolve()
    await Promise.all([first, second, third])
    expect(ends.shop.log).to.deep.equal(['wait 1', 'orders of 1', 'orders of 2'])
  })

  it('ends with the error of the step that failed, and its number', async () => {
    const error = await rejection(pipe(ends.pair.client, (far) => [far.user(1), far.refuse(), far.ordersOf(1)]))
    expect(error).to.be.instanceOf(NotForSale)
    expect(error).to.include({ message: 'not for sale', pipelineStep: 1 })
    expect(ends.shop.log).to.deep.equal(['user 1', 'refuse'])
    expect(await rejection(pipe(ends.pair.client, (far) => far.throwZero()))).to.equal(0)
    const plain = await rejection(ends.pair.client.refuse())
    expect(plain).not.to.have.property('pipelineStep')
  })

  it('reports the error of a step that nobody waits for', async () => {
    await ends.observer.rpush(
      ends.pair.name,
      JSON.stringify({
        function_call: { name: 'rpc.pipe', args: [[{ name: 'refuse' }], 0] },
        options: { notify: true },
      }),
    )
    while (ends.pair.errors.length === 0) await ends.pair.client.echo(1)
    expect(ends.pair.errors[0]).to.be.instanceOf(NotForSale)
  })

  it('has a context, with what the client says of its calls', async () => {
    const client = control(ends.pair.client).with({ metadata: { user: 'ann' } })
    const contexts = await pipe(client, (far) => [far.context(), far.context()])
    expect(contexts[0]).to.deep.include({
      metadata: { user: 'ann' },
      attempt: 1,
      method: 'rpc.pipe',
      hasDeadline: true,
    })
    expect(contexts[1]).to.deep.equal(contexts[0])
  })

  it('ends in time, and begins no step after that', async () => {
    const hasty = control(ends.pair.client).with({ timeoutMs: 200 })
    await until(async () => {
      expect(await rejection(pipe(hasty, (far) => [far.wait(1), far.ordersOf(1)]))).to.be.instanceOf(TimeoutError)
      return ends.shop.log.length > 0
    })
    await ends.shop.cancelled.promise
    ends.shop.gate.resolve()
    while (ends.pair.server.stats.running > 0) await ends.pair.client.echo(1)
    expect(ends.shop.log.filter((line) => line !== 'echo')).to.deep.equal(['wait 1'])
  })

  it('begins no step after its caller has given it up', async () => {
    const controller = new AbortController()
    const client = control(ends.pair.client).with({ signal: controller.signal })
    const result = rejection(pipe(client, (far) => [far.wait(1), far.ordersOf(1)]))
    await ends.shop.entered.promise
    controller.abort(new Error('enough'))
    expect(await result).to.include({ message: 'enough' })
    await ends.shop.cancelled.promise
    ends.shop.gate.resolve()
    while (ends.pair.server.stats.running > 0) await ends.pair.client.echo(1)
    expect(ends.shop.log.filter((line) => line !== 'echo')).to.deep.equal(['wait 1'])
  })

  it('is tried again where its client says so', async () => {
    const lonely = new RedisRPCClient<Shop>(redis().url, `${ends.pair.name}-lonely`, { noServerTimeoutMs: 0 })
    let recorded = 0
    const result = pipe(control(lonely).with({ retry: { attempts: 3, delayMs: 1 } }), (far) => {
      recorded++
      return far.user(1)
    })
    expect(await rejection(result)).to.include({ code: 'ERR_NO_SERVER' })
    expect(recorded).to.equal(3)
    await control(lonely).close()
  })

  it('is not sent when its signal has fired, or its client is closed', async () => {
    const gone = control(ends.pair.client).with({ signal: AbortSignal.abort(new Error('gone')) })
    expect(await rejection(pipe(gone, (far) => far.user(1)))).to.include({ message: 'gone' })
    await control(ends.pair.client).close()
    expect(await rejection(pipe(ends.pair.client, (far) => far.user(1)))).to.be.instanceOf(ClosedError)
    expect(ends.shop.log).to.deep.equal([])
  })

  it('does not come after calls that were made before it, nor before them', async () => {
    const results = await Promise.all([
      ends.pair.client.ordersOf(1),
      pipe(ends.pair.client, (far) => far.ordersOf(far.user(2).id)),
      ends.pair.client.ordersOf(3),
    ])
    expect(results).to.deep.equal([
      [10, 11],
      [20, 21],
      [30, 31],
    ])
    expect(ends.shop.log).to.deep.equal(['orders of 1', 'user 2', 'orders of 2', 'orders of 3'])
  })
}
