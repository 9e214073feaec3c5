import { expect } from 'chai'
import { control } from 'redis-object-rpc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { closeLeavingNothing, rejection, startPair } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable(new Error('gone'), {})
  revoke()
  return proxy
}

describeOnEachRedis('a method that throws a proxy that was revoked', (redis) => {
  it('rejects its caller, is reported where nobody waits, and ends no process', async () => {
    const told: Error[] = []
    const onError = (error: Error): never => {
      told.push(error)
      throw revoked()
    }
    const pair = await startPair(
      redis(),
      {
        now() {
          throw revoked()
        },
        async later() {
          throw revoked()
        },
        add: (a: number, b: number) => a + b,
      },
      { server: { onError } },
    )
    const { client } = pair
    const unreadable = 'what was thrown could not be read'
    expect(await rejection(client.now())).to.have.property('message', unreadable)
    expect(await rejection(client.later())).to.have.property('message', unreadable)
    await control(client).notify.now()
    await control(client).notify.later()
    await until(() => told.length === 2)
    for (const { message } of told) expect(message).to.contain('notification')
    expect(await client.add(1, 2)).to.equal(3)
    await closeLeavingNothing(pair, redis())
  })
})
