import { expect } from 'chai'
import { Redis } from 'ioredis'
import { ClosedError, control, RedisRPC, RedisRPCClient } from 'redis-object-rpc'
import { Inspector } from '../../lib/inspect/index.ts'
import { SERVICE_LIST } from '../../lib/wire/keys.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

describeOnEachRedis('an inspector of services', (redis) => {
  let rpc: RedisRPC
  let inspector: Inspector
  let admin: Redis
  beforeEach(() => {
    rpc = new RedisRPC(redis().url)
    inspector = new Inspector(redis().url)
    admin = new Redis(redis().url)
  })
  afterEach(async () => {
    await inspector.close()
    await rpc.close()
    await admin.del(SERVICE_LIST)
    admin.disconnect()
  })

  it('lists services with their servers and what waits', async () => {
    const name = freshName('calc')
    const target = { add: (a: number, b: number) => a + b }
    await rpc.serve(name, target)
    const other = new RedisRPC(redis().url)
    await other.serve(name, target)
    const ours = async () => (await inspector.services()).filter((service) => service.name === name)
    await until(async () => (await ours()).length === 1)
    expect(await ours()).to.deep.equal([{ name, servers: 2, waiting: 0, oldestMs: undefined }])
    await other.close()
    expect(await ours()).to.deep.equal([{ name, servers: 1, waiting: 0, oldestMs: undefined }])
  })

  it('shows the servers of a service, and for how long the oldest request waits', async () => {
    const name = freshName('calc')
    const empty = { name, servers: [], absent: [], waiting: 0, oldestMs: undefined }
    expect(await inspector.service(name)).to.deep.equal(empty)
    const server = await rpc.serve(name, { add: (a: number, b: number) => a + b }, { version: '1.2.0' })
    const { servers } = await inspector.service(name)
    expect(servers).to.have.lengthOf(1)
    expect(servers[0]).to.include({ id: server.id, version: '1.2.0', running: 0 })
    expect(servers[0]?.report).to.deep.include({ id: server.id, methods: {}, recentErrors: [] })
    await server.close()
    const client = new RedisRPCClient<{ add(a: number, b: number): number }>(redis().url, name)
    const call = client.add(1, 2).catch(() => {})
    await until(async () => (await admin.llen(name)) === 1)
    const detail = await inspector.service(name)
    expect(detail.waiting).to.equal(1)
    expect(detail.oldestMs).to.be.within(0, 60_000)
    await control(client).close()
    await call
  })

  it('shows the leases of servers, also of those that do not answer or have ended', async () => {
    const name = freshName('calc')
    const server = await rpc.serve(name, { add: (a: number, b: number) => a + b }, { leaseMs: 60_000 })
    const now = Number((await admin.time())[0]) * 1_000
    const table = `{${name}}:servers`
    await admin.zadd(table, now - 12_000, 'expired-one- 5000  ', -(now - 30_000), 'closed-one-- 5000  ')
    await admin.zadd(table, now + 600_000, 'silent-one-- 600000  ', now, 'no member')
    const { servers, absent } = await inspector.service(name)
    expect(servers.map(({ id, lease }) => [id, lease?.state, lease?.leaseMs, lease?.overMs])).to.deep.equal([
      [server.id, 'live', 60_000, 0],
    ])
    expect(servers[0]?.lease?.leftMs).to.be.within(1, 60_000)
    expect(absent.map(({ id, state }) => [id, state])).to.deep.equal([
      ['silent-one--', 'live'],
      ['expired-one-', 'expired'],
      ['closed-one--', 'closed'],
    ])
    const [silent, expired, closed] = absent
    expect(silent?.leftMs).to.be.within(500_000, 600_000)
    expect([expired?.leftMs, closed?.leftMs, silent?.overMs]).to.deep.equal([0, 0, 0])
    expect(expired?.overMs).to.be.within(12_000, 60_000)
    expect(closed?.overMs).to.be.within(30_000, 80_000)
    await server.close()
    await admin.del(table)
  })

  it('takes what others have written under such names for nothing', async () => {
    const [name, foreign, large] = [freshName('string'), freshName('foreign'), freshName('large')]
    await admin.zadd(SERVICE_LIST, Number.MAX_SAFE_INTEGER, name)
    await admin.set(name, 'a string')
    await admin.set(`{${name}}:servers`, 'a string')
    const view = (await inspector.services()).find((service) => service.name === name)
    expect(view).to.deep.equal({ name, servers: 0, waiting: 0, oldestMs: undefined })
    expect(await inspector.leases(name)).to.deep.equal([])
    await admin.rpush(foreign, 'no request')
    expect(await inspector.service(foreign)).to.deep.include({ waiting: 1, oldestMs: undefined })
    await admin.rpush(large, `{"pad":"${'a'.repeat(1_000_000)}","sent":1,"deadline":2}`)
    expect((await inspector.service(large)).oldestMs).to.be.greaterThan(1_600_000_000_000)
    await admin.del(name, `{${name}}:servers`, foreign, large)
  })

  it('names its connections, keeps few clients, and leaves no key', async () => {
    const names = Array.from({ length: 40 }, () => freshName('service'))
    for (const name of names) await rpc.serve(name, { add: () => 1 })
    for (const name of names) expect((await inspector.service(name)).servers).to.have.lengthOf(1)
    const list = String(await admin.client('LIST'))
    expect(list.split('redis-object-rpc::inspect')).to.have.lengthOf(3)
    await inspector.close()
    expect(await inspector.close()).to.equal(undefined)
    expect(await rejection(inspector.services())).to.be.instanceOf(ClosedError)
    expect(await rejection(inspector.service(names[0]!))).to.be.instanceOf(ClosedError)
    await rpc.close()
    const left = (await admin.keys('*')).filter((key) => names.some((name) => key.includes(name)))
    expect(left).to.deep.equal([])
  })
})
