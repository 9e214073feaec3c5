import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer, type RedisRPCServerOptions, type Remote } from 'redis-object-rpc'
import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { freshName } from '../helpers/names.ts'
import { countEnds } from '../helpers/settled.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'

interface Users {
  find(id: number): number
  add(id: number): number
}

describeLeavingNothing('options of single methods', (redis) => {
  it('are learnt by clients that connect, and calls have the last word', async () => {
    const name = freshName('users')
    const observer = new Redis(redis().url)
    const users = { find: (id: number) => id, add: (id: number) => id }
    const methods = { find: { delivery: 'at-least-once' } } as const
    const server = new RedisRPCServer(redis().url, name, users, { methods })
    await server.start()
    const client = new RedisRPCClient<Users>(redis().url, name)
    expect(await client.find(1)).to.equal(1)
    // It is answered behind the client's own question.
    expect((await control(client).servers()).map(({ repeatable }) => repeatable)).to.deep.equal([['find']])
    await server.close()
    const calls = [client.find(2), client.add(3), control(client).with({ delivery: 'at-most-once' }).find(4)]
    const ends = countEnds(calls, String)
    await until(async () => (await observer.llen(name)) === 3)
    const requests = (await observer.lrange(name, 0, -1)).map((text) => JSON.parse(text).options)
    expect(requests).to.deep.equal([{ delivery: 'at-least-once' }, undefined, undefined])
    await control(client).close()
    expect(await ends).to.deep.equal({ ERR_CLOSED: 3 })
    observer.disconnect()
  })

  it('may be left undefined', async () => {
    const server = new RedisRPCServer(
      redis().url,
      freshName('users'),
      { find: () => 1 },
      { methods: { find: undefined } as never },
    )
    await server.close()
  })

  describe('of servers that come and go', () => {
    const users = { find: (id: number) => id, add: (id: number) => id }
    const findTwice = { methods: { find: { delivery: 'at-least-once' } } } as const
    let name: string
    let proxy: TcpProxy
    let client: Remote<Users>
    let servers: RedisRPCServer[]
    beforeEach(async () => {
      name = freshName('users')
      proxy = await TcpProxy.start(redis().url)
      client = new RedisRPCClient<Users>(proxy.url, name)
      servers = []
    })
    afterEach(async () => {
      await control(client).close()
      await Promise.all(servers.map((server) => server.close()))
      await proxy.close()
    })
    const serve = async (options: RedisRPCServerOptions<'find' | 'add'>): Promise<RedisRPCServer> => {
      const server = new RedisRPCServer(redis().url, name, users, options)
      servers.push(server)
      await server.start()
      return server
    }
    const sent = () => [...proxy.connections].map((connection) => connection.sent).join('')
    /** What a call says of its delivery. */
    const deliveryOf = async (id: number): Promise<string | undefined> => {
      expect(await client.find(id)).to.equal(id)
      const [request = ''] = new RegExp(`\\{"function_call":\\{"name":"find","args":\\[${id}\\].*`).exec(sent()) ?? []
      return JSON.parse(request).options?.delivery
    }

    it('are learnt by clients that were there before any server', async () => {
      const first = client.find(1)
      await until(() => sent().includes('"args":[1]'))
      await serve(findTwice)
      expect(await first).to.equal(1)
      await until(async () => {
        await client.add(0)
        return sent().includes('rpc.info')
      })
      // It is answered behind the client's own question.
      await control(client).servers()
      expect(await deliveryOf(2)).to.equal('at-least-once')
    })

    it('hold where all servers agree', async () => {
      await serve(findTwice)
      await control(client).servers()
      expect(await deliveryOf(1)).to.equal('at-least-once')
      const other = await serve({})
      await control(client).servers()
      expect(await deliveryOf(2)).to.equal(undefined)
      await other.close()
      await control(client).servers()
      expect(await deliveryOf(3)).to.equal('at-least-once')
    })

    it('hold as the servers have them after an upgrade', async () => {
      const old = await serve({})
      await control(client).servers()
      await serve(findTwice)
      await old.close()
      await control(client).servers()
      expect(await deliveryOf(1)).to.equal('at-least-once')
    })
  })

  it('count for retries of calls that were sent before they were learnt', async () => {
    const name = freshName('users')
    const methods = { find: { delivery: 'at-least-once' } } as const
    await using proxy = await TcpProxy.start(redis().url)
    let begun = 0
    const hang = (): Promise<never> => {
      begun++
      return new Promise(() => {})
    }
    const options = { methods, leaseMs: 1_000, drainTimeoutMs: 0, onError: () => {} }
    const lost = new RedisRPCServer(proxy.url, name, { find: hang, add: hang }, { ...options, concurrency: 10 })
    await lost.start()
    const client = new RedisRPCClient<Users>(redis().url, name, { retry: { attempts: 2, delayMs: 1 } })
    const calls = [client.find(1), client.add(2), control(client).with({ delivery: 'at-most-once' }).find(3)]
    const ends = Promise.all(calls.map((call) => call.catch(({ code }) => code)))
    await until(() => begun === 3)
    // It is answered behind the client's own question.
    await control(client).servers()
    proxy.toServer = () => 'cut'
    proxy.cut()
    const other = new RedisRPCServer(redis().url, name, { find: (id: number) => id, add: (id: number) => id }, options)
    await other.start()
    expect(await ends).to.deep.equal([1, 'ERR_SERVER_LOST', 'ERR_SERVER_LOST'])
    await control(client).close()
    await other.close()
    proxy.release()
    await lost.close()
  }).timeout(20_000)
})
