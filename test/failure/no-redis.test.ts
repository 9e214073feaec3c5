import { expect } from 'chai'
import {
  ClosedError,
  ConnectionError,
  control,
  RedisRPCClient,
  type RedisRPCClientOptions,
  RedisRPCServer,
  type RedisRPCServerOptions,
  TimeoutError,
} from 'redis-object-rpc'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { freePort } from '../helpers/redis-process.ts'
import { countEnds } from '../helpers/settled.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'
import type { Counter } from './counter.ts'

describe('where there is no Redis', () => {
  const noServer = (url: string, options: RedisRPCServerOptions = {}) =>
    new RedisRPCServer(url, freshName('none'), {}, { onError: () => {}, ...options })
  const noClient = (url: string, options: RedisRPCClientOptions = {}) =>
    new RedisRPCClient<Counter>(url, freshName('none'), { onError: () => {}, ...options })

  it('tells a call whose time is shorter than that of the connection what kept it waiting', async () => {
    const client = noClient(`redis://127.0.0.1:${await freePort()}`, { timeoutMs: 20 })
    // On a busy machine the first call may end before the system has refused the connection.
    await until(async () => {
      const error = await rejection(client.run(1))
      expect(error).to.be.instanceOf(TimeoutError)
      expect((error as Error).cause).to.be.instanceOf(ConnectionError)
      return /^no connection to Redis at .*ECONNREFUSED/.test(((error as Error).cause as Error).message)
    })
    await control(client).close()
  })

  it('refuses calls and start within the connect time-out, and leaves nothing behind', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`
    const before = process.getActiveResourcesInfo()
    const added = () => {
      const old = [...before]
      return process.getActiveResourcesInfo().filter((resource) => {
        const at = old.indexOf(resource)
        if (at !== -1) old.splice(at, 1)
        return at === -1
      })
    }
    const server = noServer(url, { connectTimeoutMs: 100 })
    const client = noClient(url, { connectTimeoutMs: 100 })
    const begun = performance.now()
    const [started, called] = await Promise.all([rejection(server.start()), rejection(client.run(1))])
    expect(performance.now() - begun).to.be.at.least(90)
    for (const error of [started, called]) {
      expect(error).to.be.instanceOf(ConnectionError)
      expect((error as Error).message)
        .to.include('ECONNREFUSED')
        .and.include(url)
    }
    expect((called as Error).stack, 'the caller').to.include('no-redis.test.ts')
    expect(control(client).stats.pending).to.equal(0)
    await control(client).close()
    await server.close()
    await until(() => added().filter((resource) => resource !== 'Immediate').length === 0)
  })

  it('releases a hundred thousand calls that were made meanwhile', async () => {
    const client = noClient(`redis://127.0.0.1:${await freePort()}`, { connectTimeoutMs: 200 })
    const calls = Array.from({ length: 100_000 }, (_, id) => client.run(id))
    expect(await countEnds(calls, () => 'answered')).to.deep.equal({ ERR_CONNECTION: 100_000 })
    expect(control(client).stats.pending).to.equal(0)
    await control(client).close()
  })

  it('refuses calls where something accepts and never answers', async () => {
    await using silent = await TcpProxy.start()
    const client = noClient(silent.url, { connectTimeoutMs: 100 })
    const server = noServer(silent.url, { connectTimeoutMs: 100 })
    expect(await rejection(server.start())).to.be.instanceOf(ConnectionError)
    expect(await rejection(client.run(1))).to.be.instanceOf(ConnectionError)
    expect(await rejection(control(client).with({ timeoutMs: 1 }).run(1))).to.be.instanceOf(ConnectionError)
    await control(client).close()
  })

  it('ends a call at its deadline when that is shorter than the connect time-out', async () => {
    await using silent = await TcpProxy.start()
    const client = noClient(silent.url, { timeoutMs: 20 })
    expect(await rejection(client.run(1))).to.be.instanceOf(TimeoutError)
    await control(client).close()
  })

  it('says that a host is not known', async () => {
    const client = noClient('redis://no-such-host.invalid', { connectTimeoutMs: 1_000 })
    const error = await rejection(client.run(1))
    expect(error).to.be.instanceOf(ConnectionError)
    expect((error as Error).message).to.match(/no-such-host\.invalid: .*(ENOTFOUND|EAI_AGAIN)/)
    await control(client).close()
  })

  it('closes before it was started, while it starts, and when it could not start', async () => {
    await using silent = await TcpProxy.start()
    const never = noServer(silent.url)
    await never.close()
    expect(await rejection(never.start())).to.be.instanceOf(ClosedError)
    const starting = noServer(silent.url)
    const started = starting.start()
    expect(starting.start(), 'a second start is the first one').to.equal(started)
    const refused = rejection(started)
    await until(() => silent.connections.size > 0)
    await starting.close()
    expect(await refused).to.be.instanceOf(ClosedError)
    {
      await using unused = noServer(silent.url)
      expect(unused.stats.running).to.equal(0)
      const client = noClient(silent.url)
      await using handle = control(client)
      const call = rejection(client.run(1))
      void handle.close()
      expect(await call).to.be.instanceOf(ClosedError)
    }
    await until(() => silent.connections.size === 0)
  })
})
