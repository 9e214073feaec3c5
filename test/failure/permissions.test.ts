import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { ConnectionError, control, RedisRPC, RedisRPCClient, RedisRPCServer, ref, release } from 'redis-object-rpc'
import { deferred } from '../../lib/util/deferred.ts'
import { SERVICE_LIST } from '../../lib/wire/keys.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'

/** The rules that `docs/operations.md` recommends, by the user they make. */
function documentedRules(): Map<string, string[]> {
  const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const lines = [...text.matchAll(/^ACL SETUSER (\S+) (.*)$/gm)]
  return new Map(lines.map(([, user, rules]) => [user!, rules!.split(' ')]))
}

describe('users that may do no more than the docs say', () => {
  let process: RedisProcess
  let admin: Redis
  before(async function () {
    needRedisServer.call(this)
    process = await RedisProcess.start([])
    admin = new Redis(process.url)
    for (const [user, rules] of documentedRules()) await admin.acl('SETUSER', user, ...rules)
  })
  after(async () => {
    await admin?.quit()
    await process?.close()
  })

  it('serve, call, take back and close, and are refused nothing', async () => {
    const told: Error[] = []
    const onError = (error: Error): void => void told.push(error)
    const url = (user: string): string => process.url.replace('redis://', `redis://${user}:secret@`)
    const server = new RedisRPCServer(url('calc-server'), 'calc', { add: (a: number, b: number) => a + b }, { onError })
    await server.start()
    const client = new RedisRPCClient<{ add(a: number, b: number): number }>(url('calc-client'), 'calc', { onError })
    expect(await client.add(1, 2)).to.equal(3)
    const keyed = control(client).with({ idempotencyKey: 'a', idempotencyTtlMs: 60_000 })
    expect([await keyed.add(1, 2), await keyed.add(1, 2)]).to.deep.equal([3, 3])
    await server.close()
    const abort = new AbortController()
    const call = control(client).with({ signal: abort.signal }).add(3, 4)
    await until(async () => (await admin.llen('calc')) === 1)
    abort.abort()
    await call.catch(() => {})
    await until(async () => (await admin.llen('calc')) === 0)
    await control(client).close()
    expect(told).to.deep.equal([])
    expect(await admin.acl('LOG')).to.deep.equal([])
    const [record, ...others] = await admin.keys('*')
    expect(record).to.match(/^\{calc\}:once:/)
    expect(others).to.deep.equal([])
  })

  it('greet, list, notify, call all, and find out what became of calls whose connections were cut', async () => {
    const told: Error[] = []
    const onError = (error: Error): void => void told.push(error)
    const url = (user: string): string => process.url.replace('redis://', `redis://${user}:secret@`)
    const runs: number[] = []
    const begun = deferred<void>()
    const go = deferred<void>()
    const target = {
      async run(id: number) {
        runs.push(id)
        begun.resolve()
        await go.promise
        return id
      },
    }
    await admin.call('ACL', 'LOG', 'RESET')
    const servers = [1, 2].map(() => new RedisRPCServer(url('calc-server'), 'calc', target, { onError }))
    for (const server of servers) await server.start()
    const client = new RedisRPCClient<typeof target>(url('calc-client'), 'calc', { onError })
    expect(await control(client).servers()).to.have.lengthOf(2)
    const calls = [1, 2, 3].map((id) => client.run(id))
    await begun.promise
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    go.resolve()
    expect(await Promise.all(calls)).to.deep.equal([1, 2, 3])
    await control(client).notify.run(4)
    const replies: unknown[] = []
    for await (const { value } of control(client).all({ timeoutMs: 10_000 }).run(5)) replies.push(value)
    expect(replies).to.deep.equal([5, 5])
    await control(client).close()
    for (const server of servers) await server.close()
    expect(runs.toSorted()).to.deep.equal([1, 2, 3, 4, 5, 5])
    expect(told).to.deep.equal([])
    expect(await admin.acl('LOG')).to.deep.equal([])
  })

  it('lend and borrow, and write down that they do', async () => {
    const told: Error[] = []
    const onError = (error: Error): void => void told.push(error)
    const url = (user: string): string => process.url.replace('redis://', `redis://${user}:secret@`)
    const target = {
      each: async (values: number[], map: (value: number) => unknown) => Promise.all(values.map(map)),
      counter: (count = 0) => ref({ next: () => ++count }),
    }
    await admin.call('ACL', 'LOG', 'RESET')
    const server = new RedisRPCServer(url('calc-server'), 'calc', target, { onError })
    await server.start()
    const client = new RedisRPCClient<typeof target>(url('calc-client'), 'calc', { onError })
    expect(await client.each([1, 2], (value) => value * 2)).to.deep.equal([2, 4])
    const counter = await client.counter()
    expect(await counter.next()).to.equal(1)
    await until(async () => (await admin.zcard('{calc}:clients')) === 1 || String(await admin.acl('LOG')) !== '')
    release(counter)
    await control(client).close()
    await server.close()
    expect(told).to.deep.equal([])
    expect(await admin.acl('LOG')).to.deep.equal([])
    expect(await admin.exists('{calc}:clients')).to.equal(0)
  })

  it('serve without the right to the list of services, and are only not in it', async () => {
    const told: Error[] = []
    const onError = (error: Error): void => void told.push(error)
    const rules = documentedRules()
      .get('calc-server')!
      .filter((rule) => rule !== `~${SERVICE_LIST}`)
    await admin.acl('SETUSER', 'calc-unlisted', ...rules)
    await admin.call('ACL', 'LOG', 'RESET')
    const url = (user: string): string => process.url.replace('redis://', `redis://${user}:secret@`)
    const unlisted = new RedisRPC(url('calc-unlisted'))
    await unlisted.serve('calc', { add: (a: number, b: number) => a + b }, { onError, leaseMs: 1_000 })
    const client = new RedisRPCClient<{ add(a: number, b: number): number }>(url('calc-client'), 'calc', { onError })
    await until(async () => String(await admin.acl('LOG')) !== '')
    expect(await client.add(1, 2)).to.equal(3)
    expect(await admin.exists(SERVICE_LIST)).to.equal(0)
    const refused = await unlisted.services().catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(ConnectionError).with.property('message').that.includes('permission')
    await control(client).close()
    await unlisted.close()
    expect(told).to.deep.equal([])

    const listed = new RedisRPC(url('calc-server'))
    await listed.serve('calc', { add: (a: number, b: number) => a + b }, { onError })
    expect(await listed.services()).to.deep.equal(['calc'])
    await listed.close()
    expect(told).to.deep.equal([])
    expect(await admin.exists(SERVICE_LIST)).to.equal(0)
  })
})
