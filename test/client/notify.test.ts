import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, MessageTooLargeError, RedisRPCClient } from 'redis-object-rpc'
import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { freshName } from '../helpers/names.ts'
import { closeLeavingNothing, type Pair, rejection, startPair } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

type Hook = (value: number) => void

class Service {
  kept: Hook | undefined
  keep(hook: Hook, _text = ''): void {
    this.kept = hook
  }
  drop(_hook: Hook): void {}
}

/** Nobody answers a notification, so nobody says who has borrowed what it lends. */
describeLeavingNothing('a function that is passed with a notification', (redis) => {
  let service: Service
  let pair: Pair<Service>
  let clock: ManualClock
  beforeEach(async () => {
    service = new Service()
    clock = new ManualClock(Date.now())
    pair = await startPair(redis(), service, { client: { clock, maxMessageBytes: 1_000 } })
  })
  afterEach(() => {
    service.kept = undefined
    return closeLeavingNothing(pair, redis())
  })

  it('stays lent after the time of the call only where it was used', async () => {
    const heard: number[] = []
    const { notify } = control(pair.client)
    await notify.keep((value) => void heard.push(value))
    await until(() => service.kept)
    await service.kept?.(1)
    await notify.drop(() => {})
    expect(control(pair.client).stats.lent).to.equal(2)
    clock.advance(30_000)
    expect(control(pair.client).stats.lent).to.equal(1)
    expect(heard).to.deep.equal([1])
  })

  it('is not lent when the notification is too long', async () => {
    expect(await rejection(control(pair.client).notify.keep(() => {}, '€'.repeat(500)))).to.be.instanceOf(
      MessageTooLargeError,
    )
    expect(control(pair.client).stats.lent).to.equal(0)
  })

  it('is not lent any more once the client is closed', async () => {
    const name = freshName('service')
    const own = new ManualClock(Date.now())
    const client = new RedisRPCClient<Service>(redis().url, name, { clock: own })
    await control(client).notify.drop(() => {})
    expect(control(client).stats.lent).to.equal(1)
    await control(client).close()
    expect([control(client).stats.lent, own.pending]).to.deep.equal([0, 0])
    const raw = new Redis(redis().url)
    await raw.del(name)
    raw.disconnect()
  })

  it('is not lent when there is no Redis', async () => {
    const client = new RedisRPCClient<Service>('redis://127.0.0.1:1', freshName('service'), {
      connectTimeoutMs: 1,
      onError: () => {},
    })
    expect(await rejection(control(client).notify.keep(() => {}))).to.include({ code: 'ERR_CONNECTION' })
    expect(control(client).stats.lent).to.equal(0)
    await control(client).close()
  })
})
