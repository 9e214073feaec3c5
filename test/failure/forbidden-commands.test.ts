import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { FunctionClient, FunctionServer } from 'redis-object-rpc/functions'
import { Cache, GroupReadStream, ReadQueue, ReadStream, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { Connection } from '../../lib/link/connection.ts'
import { RedisTime } from '../../lib/link/redis-time.ts'
import { addressOf } from '../helpers/address.ts'
import { FakeRedis, reply } from '../helpers/fake-redis.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'

/** Commands that hosts of Redis rename or forbid. */
const SETS = [
  ['INFO'],
  ['TIME'],
  ['HELLO'],
  ['CLIENT'],
  ['PING'],
  ['INFO', 'TIME', 'HELLO', 'CLIENT', 'PING', 'CONFIG'],
]

for (const commands of SETS) {
  for (const how of ['renamed', 'forbidden']) {
    describe(`a Redis whose ${commands.join(', ')} ${commands.length > 1 ? 'are' : 'is'} ${how}`, () => {
      let process: RedisProcess
      let url: string
      const told: Error[] = []
      const options = { onError: (error: Error) => void told.push(error) }
      before(async function () {
        needRedisServer.call(this)
        const renamed = commands.flatMap((command) => ['--rename-command', command, ''])
        process = await RedisProcess.start(how === 'renamed' ? renamed : [])
        url = process.url
        if (how === 'renamed') return
        const admin = new Redis(process.url)
        const rules = commands.map((command) => `-${command.toLowerCase()}`)
        await admin.acl('SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', ...rules)
        await admin.quit()
        url = process.url.replace('//', '//app:secret@')
      })
      afterEach(() => expect(told.splice(0)).to.deep.equal([]))
      after(() => process?.close())

      it('serves calls, functions, queues, caches and streams', async () => {
        const name = freshName('forbidden')
        const target = { add: (a: number, b: number) => a + b }
        await using server = new RedisRPCServer(url, name, target, options)
        await server.start()
        for (const dialect of ['native', 'classic'] as const) {
          const client = new RedisRPCClient<typeof target>(url, name, { dialect, ...options })
          expect(await client.add(1, 2)).to.equal(3)
          await control(client).close()
        }

        const functions = { twice: ({ n }: { n: number }) => 2 * n }
        await using functionServer = new FunctionServer(url, functions, { prefix: name, ...options })
        await functionServer.start()
        await using functionClient = new FunctionClient<typeof functions>(url, { prefix: name, ...options })
        expect(await functionClient.fn.twice({ n: 4 })).to.equal(8)

        await using queue = new WriteQueue<number>(url, `${name}:queue`, options)
        await using tasks = new ReadQueue<number>(url, `${name}:queue`, options)
        const task = tasks.bNext()
        await queue.publish(1)
        expect((await task)?.content).to.equal(1)

        await using cache = new Cache<number>(url, `${name}:cache`, options)
        const entry = cache.bGet('a')
        await cache.set('a', 2)
        expect(await entry).to.equal(2)

        await using stream = new WriteStream<number>(url, `${name}:stream`, options)
        await stream.publish(3)
        await using events = new ReadStream<number>(url, `${name}:stream`, { from: '0', ...options })
        expect((await events.bNext())?.content).to.equal(3)
        await using group = new GroupReadStream<number>(url, `${name}:stream`, 'group', { from: '0', ...options })
        expect((await group.bNext())?.content).to.equal(3)
      })

      if (!commands.includes('TIME')) return
      it('says so where TIME cannot be done without: reliable and delayed tasks', async () => {
        const name = freshName('forbidden')
        await using tasks = new ReadQueue<number>(url, name, { reliable: true, onError() {} })
        await using queue = new WriteQueue<number>(url, name, { onError() {} })
        const uses = [tasks.next(), tasks.bNext(), queue.publish(1, { delayMs: 1 })]
        for (const error of await Promise.all(uses.map(rejection))) {
          expect(error).to.include({ code: 'ERR_UNSUPPORTED', command: 'TIME' })
        }
      })
    })
  }
}

describe('a Redis without TIME', () => {
  it('shares the clock of this machine', async () => {
    const clock = new ManualClock()
    await using redis = await FakeRedis.start()
    redis.answers.set('TIME', () => reply.error("ERR unknown command 'TIME'"))
    const connection = new Connection(addressOf(redis.url), { connectTimeoutMs: 1_000, clock })
    const time = new RedisTime(connection, clock)
    await connection.open()
    await until(() => redis.commands.some(([command]) => command === 'TIME'))
    await time.measure(await connection.open())
    expect(time.now()).to.equal(clock.now())
    time.stop()
    connection.close()
  })
})
