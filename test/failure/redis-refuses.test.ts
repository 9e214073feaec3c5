import { expect } from 'chai'
import { Redis } from 'ioredis'
import { ConnectionError, control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { deferred } from '../../lib/util/deferred.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'
import { Counter } from './counter.ts'

describe('when Redis refuses', () => {
  let redis: RedisProcess
  let raw: Redis
  before(async function () {
    needRedisServer.call(this)
    redis = await RedisProcess.start(['--requirepass', 'secret'])
    raw = new Redis(redis.url, { password: 'secret' }).on('error', () => {})
  })
  after(async () => {
    raw?.disconnect()
    await redis?.close()
  })
  const url = (user: string, password: string): string => redis.url.replace('//', `//${user}:${password}@`)

  it('tells a wrong password at once, without the password', async () => {
    const wrong = url('default', 'hunter2')
    const client = new RedisRPCClient<Counter>(wrong, 'calc', { onError: () => {} })
    const server = new RedisRPCServer(wrong, 'calc', {}, { onError: () => {} })
    for (const error of await Promise.all([rejection(client.run(1)), rejection(server.start())])) {
      expect(error).to.be.instanceOf(ConnectionError)
      expect((error as Error).message)
        .to.include('WRONGPASS')
        .and.not.include('hunter2')
    }
    await control(client).close()
  })

  for (const command of ['blmpop', 'rpush']) {
    it(`does not start for a user without ${command}`, async () => {
      await raw.call('ACL', 'SETUSER', command, 'on', '>p', '~*', '&*', '+@all', `-${command}`)
      const server = new RedisRPCServer(url(command, 'p'), freshName('acl'), {}, { onError: () => {} })
      const error = (await rejection(server.start())) as Error
      expect(error).to.be.instanceOf(ConnectionError)
      expect(error.message).to.include('NOPERM')
      const client = new RedisRPCClient<Counter>(url(command, 'p'), freshName('acl'), { onError: () => {} })
      expect(await rejection(client.run(1))).to.be.instanceOf(ConnectionError)
      await control(client).close()
    })
  }

  it('answers for a user without pexpire, and says once that replies do not expire', async () => {
    await raw.call('ACL', 'SETUSER', 'noexpire', 'on', '>p', '~*', '&*', '+@all', '-pexpire')
    const name = freshName('acl')
    const told: Error[] = []
    const onError = (error: Error) => void told.push(error)
    const server = new RedisRPCServer(url('noexpire', 'p'), name, new Counter(), { onError })
    const client = new RedisRPCClient<Counter>(url('default', 'secret'), name)
    await server.start()
    for (let id = 0; id < 5; id++) expect(await client.run(id)).to.equal(id * 2)
    await control(client).close()
    await server.close()
    expect(told.map(({ message }) => /does not expire/.test(message))).to.deep.equal([true])
  })

  it('goes on after FLUSHALL and after its list, inbox and wake lists were deleted', async () => {
    const name = freshName('flushed')
    const counter = new Counter()
    const gate = deferred<void>()
    const target = { run: (id: number) => counter.run(id), wait: () => gate.promise }
    const server = new RedisRPCServer(url('default', 'secret'), name, target, { onError: () => {} })
    const client = new RedisRPCClient<typeof target>(url('default', 'secret'), name)
    await server.start()
    const waiting = client.wait()
    expect(await client.run(1)).to.equal(2)
    await raw.flushall()
    gate.resolve()
    await waiting
    expect(await client.run(2)).to.equal(4)
    await control(client).close()
    await server.close()
    expect(await raw.keys(`*${name}*`)).to.deep.equal([])
  })

  it('goes on when its list was another type for a while, and tells it once', async () => {
    const name = freshName('type')
    const told: Error[] = []
    const onError = (error: Error) => void told.push(error)
    const server = new RedisRPCServer(url('default', 'secret'), name, new Counter(), { onError })
    const client = new RedisRPCClient<Counter>(url('default', 'secret'), name)
    await server.start()
    expect(await client.run(1)).to.equal(2)
    await raw.set(name, 'x')
    const error = await rejection(client.run(2))
    expect(error).to.be.instanceOf(ConnectionError)
    expect((error as Error).message).to.include('WRONGTYPE')
    await raw.call('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'yes')
    await until(() => told.length > 0)
    await raw.del(name)
    let value: number | undefined
    for (let id = 3; value === undefined; id++) value = await client.run(id).catch(() => undefined)
    expect(told.filter(({ message }) => message.includes('WRONGTYPE'))).to.have.lengthOf(1)
    await control(client).close()
    await server.close()
  })
})
