import { expect } from 'chai'
import { Redis } from 'ioredis'
import { ConnectionError, control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { freePort, needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { countEnds } from '../helpers/settled.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'

describe('behind Sentinel', () => {
  let master: RedisProcess
  let replica: RedisProcess
  let sentinel: RedisProcess
  let silent: TcpProxy
  let guard: Redis
  const host = '127.0.0.1'
  const sentinels = () => [
    { host, port: Number(new URL(silent.url).port) }, // one that never answers stands first
    { host, port: sentinel.port },
  ]
  before(async function () {
    needRedisServer.call(this)
    master = await RedisProcess.start()
    replica = await RedisProcess.start(['--replicaof', host, `${master.port}`, '--repl-diskless-sync-delay', '0'])
    sentinel = await RedisProcess.startSentinel([
      `sentinel monitor mymaster ${host} ${master.port} 1`,
      'sentinel down-after-milliseconds mymaster 2000',
      'sentinel failover-timeout mymaster 5000',
    ])
    silent = await TcpProxy.start()
    guard = new Redis({ host, port: sentinel.port }).on('error', () => {})
    // It looks around every ten seconds otherwise.
    await guard.call('SENTINEL', 'DEBUG', 'info-period', '100', 'ping-period', '100', 'publish-period', '100')
    // A failover needs a replica that is known and in step.
    await until(async () => {
      const replicas = (await guard.call('SENTINEL', 'REPLICAS', 'mymaster')) as string[][]
      return replicas.some((fields) => fields[fields.indexOf('master-link-status') + 1] === 'ok')
    })
  })
  after(async () => {
    guard?.disconnect()
    await silent?.close()
    for (const process of [sentinel, replica, master]) await process?.close()
  })

  it('follows the master at both ends, and repeats nothing', async () => {
    const name = freshName('sentinel')
    const runs = new Map<number, number>()
    const target = {
      run(id: number): number {
        runs.set(id, (runs.get(id) ?? 0) + 1)
        return id
      },
    }
    const source = { sentinels: sentinels(), name: 'mymaster' }
    const onError = () => {}
    const server = new RedisRPCServer(source, name, target, { onError, connectTimeoutMs: 1_500 })
    const client = new RedisRPCClient<typeof target>(source, name, {
      onError,
      connectTimeoutMs: 1_500,
      timeoutMs: 1_000,
    })
    await server.start()
    let id = 0
    expect(await control(client).with({ timeoutMs: 10_000 }).run(id)).to.equal(0)
    /** On a busy machine Sentinel may have heard of the replica too long ago, and breaks the failover off. */
    const failOver = async () => {
      const [, port] = (await guard.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster')) as string[]
      // Refused while one is under way.
      if (port === `${master.port}`) await guard.call('SENTINEL', 'FAILOVER', 'mymaster').catch(() => {})
    }
    const onReplica = new Redis(replica.url).on('error', () => {}) // a failover breaks it too
    // Until the old master has been told, it goes on answering.
    const moved = async () => {
      const clients = String(await onReplica.client('LIST'))
      return (clients.match(/cmd=blmpop/g)?.length ?? 0) === 2
    }
    const ends: Record<string, number> = {}
    while (!(await moved())) {
      await failOver()
      const ids = Array.from({ length: 20 }, () => ++id)
      const wave = countEnds(
        ids.map((each) => client.run(each)),
        (value, index) => (value === ids[index] ? 'right' : 'wrong'),
      )
      for (const [end, count] of Object.entries(await wave)) ends[end] = (ends[end] ?? 0) + count
    }
    const allowed = ['right', 'ERR_DELIVERY_UNKNOWN', 'ERR_TIMEOUT', 'ERR_CONNECTION']
    expect(Object.keys(ends).filter((end) => !allowed.includes(end))).to.deep.equal([])
    for (id++; (await client.run(id).catch(() => undefined)) !== id; id++);
    expect(((await onReplica.role()) as unknown[])[0]).to.equal('master')
    expect(await control(client).with({ timeoutMs: 10_000 }).run(++id)).to.equal(id)
    await control(client).close()
    await server.close()
    expect([...runs.values()].filter((times) => times > 1)).to.deep.equal([])
    expect(await onReplica.keys(`*${name}*`)).to.deep.equal([])
    onReplica.disconnect()
  })

  it('is refused clearly when no sentinel answers, or none knows the master', async () => {
    const gone = { sentinels: [{ host, port: await freePort() }], name: 'mymaster' }
    const strange = { sentinels: [{ host, port: sentinel.port }], name: 'nobody' }
    for (const source of [gone, strange]) {
      const client = new RedisRPCClient<{ run(): void }>(source, 'calc', { connectTimeoutMs: 300, onError: () => {} })
      const error = (await rejection(client.run())) as Error
      expect(error).to.be.instanceOf(ConnectionError)
      expect(error.message).to.include(`Sentinel master ${source.name}`).and.include('sentinel')
      await control(client).close()
    }
  })
})
