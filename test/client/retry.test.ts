import { expect } from 'chai'
import { BusyError, type CallOptions, control, RedisRPCClient, RedisRPCServer, type Remote } from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { CountingClock } from '../helpers/counting-clock.ts'
import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

interface Shop {
  order(): number
  busy(service: string): never
}

describeLeavingNothing('calls that are tried again', (redis) => {
  let name: string
  let clock: CountingClock
  let client: Remote<Shop>
  let server: RedisRPCServer | undefined
  let runs: number
  beforeEach(() => {
    name = freshName('shop')
    clock = new CountingClock()
    client = new RedisRPCClient<Shop>(redis().url, name, { noServerTimeoutMs: 0, clock })
    server = undefined
    runs = 0
  })
  afterEach(async () => {
    await control(client).close()
    await server?.close()
    expect(clock.pending, 'timers').to.equal(0)
  })

  const serve = async (): Promise<void> => {
    const shop = {
      order: () => callContext()?.attempt,
      busy: (service: string) => {
        runs++
        throw new BusyError(service, 'too much')
      },
    }
    server = new RedisRPCServer(redis().url, name, shop)
    await server.start()
  }
  const retrying = (options: CallOptions = {}) =>
    control(client).with({ retry: { attempts: 1_000, delayMs: 20, factor: 1, jitter: 0 }, ...options })

  it('run once there is a server, and know which attempt they are', async () => {
    const call = retrying().order()
    await until(() => control(client).stats.pending === 0)
    await serve()
    expect(await call).to.be.greaterThan(1)
    expect(await client.order()).to.equal(1)
  })

  it('end with the last error after so many attempts, and within their time', async () => {
    const few = retrying({ retry: { attempts: 3, delayMs: 0 } }).order()
    expect(await rejection(few)).to.include({ code: 'ERR_NO_SERVER' })
    // The last attempt may have too little time left to learn that there is no server.
    const late = await rejection(retrying({ timeoutMs: 100 }).order())
    expect(late).to.have.property('code').that.is.oneOf(['ERR_NO_SERVER', 'ERR_TIMEOUT'])
  })

  it('do not repeat what the method threw', async () => {
    await serve()
    expect(await rejection(retrying().busy('other'))).to.include({ code: 'ERR_BUSY' })
    expect(runs).to.equal(1)
  })

  it('end when they are aborted, or the client is closed, while they wait', async () => {
    const abort = new AbortController()
    const retry = { attempts: 2, delayMs: 60_000, maxDelayMs: 60_000, jitter: 0 }
    const options = { retry, timeoutMs: 600_000 }
    const aborted = rejection(retrying({ ...options, signal: abort.signal }).order())
    const closed = rejection(retrying(options).order())
    await until(() => clock.pending >= 2 && control(client).stats.pending === 0)
    abort.abort(new Error('enough'))
    expect(await aborted).to.have.property('message', 'enough')
    await control(client).close()
    expect(await closed)
      .to.have.property('code')
      .that.is.oneOf(['ERR_NO_SERVER', 'ERR_CLOSED'])
  })
})
