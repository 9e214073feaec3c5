import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer, type RedisSource } from 'redis-object-rpc'
import { FunctionClient, FunctionServer } from 'redis-object-rpc/functions'
import { Cache, GroupReadStream, ReadQueue, ReadStream, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'

/** Redis has 16 databases unless it is told otherwise. */
const MISSING = 99
const options = { connectTimeoutMs: 2_000, onError: () => {} }

describeOnEachRedis('a database that does not exist', (redis) => {
  let borrowed: Redis
  let admin: Redis
  before(() => {
    admin = new Redis(redis().url)
    borrowed = new Redis(redis().url, { db: MISSING, lazyConnect: true }).on('error', () => {})
  })
  after(async () => {
    borrowed.disconnect()
    await admin.quit()
  })

  const sources: [string, () => RedisSource][] = [
    ['a URL', () => `${redis().url}/${MISSING}`],
    ['a URL with a query', () => `${redis().url}?db=${MISSING}`],
    ['options', () => ({ port: Number(new URL(redis().url).port), host: '127.0.0.1', db: MISSING })],
    ['a borrowed client', () => borrowed],
  ]
  for (const [kind, source] of sources) {
    const uses: [string, (name: string) => Promise<unknown>][] = [
      ['a server', (name) => new RedisRPCServer(source(), name, { add() {} }, options).start()],
      ['a client', (name) => called(new RedisRPCClient<{ add(): void }>(source(), name, options))],
      [
        'a classic client',
        (name) => called(new RedisRPCClient<{ add(): void }>(source(), name, { dialect: 'classic', ...options })),
      ],
      ['functions', (prefix) => new FunctionServer(source(), { add() {} }, { prefix, ...options }).start()],
      [
        'a client of functions',
        (prefix) => using(new FunctionClient(source(), { prefix, ...options }), (it) => it.call('add')),
      ],
      ['a queue that is written', (name) => using(new WriteQueue(source(), name, options), (it) => it.publish(1))],
      ['a queue that is read', (name) => using(new ReadQueue(source(), name, options), (it) => it.bNext())],
      [
        'a reliable queue',
        (name) => using(new ReadQueue(source(), name, { reliable: true, ...options }), (it) => it.bNext()),
      ],
      ['a cache', (name) => using(new Cache<number>(source(), name, options), (it) => it.set('a', 1))],
      ['a cache that is waited on', (name) => using(new Cache(source(), name, options), (it) => it.bGet('a'))],
      ['a stream that is written', (name) => using(new WriteStream(source(), name, options), (it) => it.publish(1))],
      ['a stream that is read', (name) => using(new ReadStream(source(), name, options), (it) => it.bNext())],
      ['a group', (name) => using(new GroupReadStream(source(), name, 'group', options), (it) => it.bNext())],
    ]
    for (const [what, use] of uses) {
      it(`given as ${kind} is refused to ${what} in Redis's words, and nothing is written elsewhere`, async () => {
        const name = freshName('database')
        const error = (await rejection(use(name))) as Error & { code?: string }
        expect(error.code, error.message).to.equal('ERR_CONNECTION')
        expect(error.message).to.match(/: ERR .*(out of range|invalid DB index)/)
        expect((await admin.keys('*')).filter((key) => key.includes(name))).to.deep.equal([])
      })
    }
  }
})

describe('a database that is gone after a restart', () => {
  it('is refused when both ends reconnect, and nothing is written to another', async function () {
    needRedisServer.call(this)
    await using process = await RedisProcess.start([])
    const told: Error[] = []
    const onError = (error: Error): void => void told.push(error)
    const url = `${process.url}/9`
    const server = new RedisRPCServer(url, 'calc', { add: (a: number, b: number) => a + b }, { onError })
    await server.start()
    const client = new RedisRPCClient<{ add(a: number, b: number): number }>(url, 'calc', { onError })
    expect(await client.add(1, 2)).to.equal(3)
    await process.signal('SIGKILL')
    await using _smaller = await RedisProcess.start(['--databases', '4', '--port', `${process.port}`])
    await until(() => told.filter(({ message }) => message.includes('DB index is out of range')).length >= 2)
    const error = (await rejection(client.add(3, 4))) as Error & { code?: string }
    expect(error.code).to.equal('ERR_CONNECTION')
    expect(error.message).to.include('/9: ERR DB index is out of range')
    const admin = new Redis(process.url)
    expect(await admin.info('keyspace')).to.not.match(/^db/m)
    await admin.quit()
    await control(client).close()
    await server.close()
  })
})

async function called(client: RedisRPCClient<{ add(): void }>): Promise<unknown> {
  try {
    return await client.add()
  } finally {
    await control(client).close()
  }
}

async function using<T extends AsyncDisposable>(end: T, use: (end: T) => Promise<unknown>): Promise<unknown> {
  try {
    return await use(end)
  } finally {
    await end[Symbol.asyncDispose]()
  }
}
