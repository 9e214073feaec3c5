import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { FunctionClient, FunctionServer } from 'redis-object-rpc/functions'
import { Cache, ReadQueue, ReadStream, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { freshName } from '../helpers/names.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'

/** Ways to have Redis refuse writes for a while, by the code of its error. */
const REFUSALS = [
  { code: 'OOM', parameter: 'maxmemory' },
  { code: 'NOREPLICAS', parameter: 'min-replicas-to-write' },
]

for (const { code, parameter } of REFUSALS) {
  describe(`a Redis that refuses writes for a while with ${code}`, () => {
    let process: RedisProcess
    let admin: Redis
    const told: Error[] = []
    const options = { onError: (error: Error) => void told.push(error) }
    before(async function () {
      needRedisServer.call(this)
      process = await RedisProcess.start([])
      admin = new Redis(process.url)
    })
    beforeEach(() => admin.config('RESETSTAT'))
    afterEach(() => {
      const lease = new RegExp(`^renew the lease in .*: Redis refused: ${code} `)
      // A busy machine may leave time for a renewal while Redis refuses it.
      expect(told.splice(0).filter(({ message }) => !lease.test(message))).to.deep.equal([])
    })
    after(async () => {
      await admin?.quit()
      await process?.close()
    })

    const refuse = (): Promise<unknown> => admin.config('SET', parameter, '1')
    /** Writes are taken again once some were refused. */
    async function mend(): Promise<void> {
      await until(async () => (await admin.info('errorstats')).includes(`errorstat_${code}:`))
      await admin.config('SET', parameter, '0')
    }

    it('gets requests and replies of calls again', async () => {
      const name = freshName('calc')
      const target = {
        add: (a: number, b: number) => a + b,
        async refused() {
          await refuse()
          return 'answered'
        },
      }
      await using server = new RedisRPCServer(process.url, name, target, options)
      await server.start()
      const client = new RedisRPCClient<typeof target>(process.url, name, options)
      const reply = client.refused()
      await mend()
      expect(await reply).to.equal('answered')
      await admin.config('RESETSTAT')
      await refuse()
      const sum = client.add(1, 2)
      await mend()
      expect(await sum).to.equal(3)
      await control(client).close()
    })

    it('says that a lease is not renewed, and why', async () => {
      const name = freshName('calc')
      await using server = new RedisRPCServer(process.url, name, { add() {} }, { leaseMs: 1_000, ...options })
      await server.start()
      await refuse()
      await until(() => told.length > 0)
      await mend()
      expect(told[0]).to.include({ code: 'ERR_CONNECTION' })
      expect(told[0]?.message).to.include(`renew the lease in {${name}}:servers: Redis refused: ${code} `)
    })

    it('gets requests and results of functions again', async () => {
      const prefix = freshName('functions')
      const functions = {
        async refused() {
          await refuse()
          return 'answered'
        },
        twice: ({ n }: { n: number }) => 2 * n,
      }
      await using server = new FunctionServer(process.url, functions, { prefix, ...options })
      await server.start()
      await using client = new FunctionClient<typeof functions>(process.url, { prefix, ...options })
      const result = client.fn.refused()
      await mend()
      expect(await result).to.equal('answered')
      await admin.config('RESETSTAT')
      await refuse()
      const twice = client.fn.twice({ n: 4 })
      await mend()
      expect(await twice).to.equal(8)
    })

    it('gets tasks, entries and events again', async () => {
      const name = freshName('ipc')
      await using queue = new WriteQueue<number>(process.url, `${name}:queue`, options)
      await using cache = new Cache<number>(process.url, `${name}:cache`, options)
      await using stream = new WriteStream<number>(process.url, `${name}:stream`, options)
      await refuse()
      const written = [queue.publish(1), cache.set('a', 2), stream.publish(3)]
      await mend()
      await Promise.all(written)
      await using tasks = new ReadQueue<number>(process.url, `${name}:queue`, options)
      await using events = new ReadStream<number>(process.url, `${name}:stream`, { from: '0', ...options })
      expect((await tasks.bNext())?.content).to.equal(1)
      expect(await cache.get('a')).to.equal(2)
      expect((await events.bNext())?.content).to.equal(3)
    })

    it('gives reliable readers their tasks once it takes writes again', async () => {
      const name = freshName('reliable')
      await using queue = new WriteQueue<number>(process.url, name, options)
      await queue.publish(1)
      await using reader = new ReadQueue<number>(process.url, name, { reliable: true, ...options })
      await refuse()
      const taken = reader.bNext()
      await mend()
      const task = await taken
      expect(task?.content).to.equal(1)
      await admin.config('RESETSTAT')
      // The acknowledgement alone is no write that needs memory.
      await task?.ack()
      expect(await queue.len()).to.equal(0)
    })

    it('has servers that begin once it takes writes again', async () => {
      const name = freshName('calc')
      await using server = new RedisRPCServer(process.url, name, { ping() {} }, { flushOnStart: true, ...options })
      await using functionServer = new FunctionServer(process.url, { ping() {} }, { prefix: name, ...options })
      for (const each of [server, functionServer]) {
        await refuse()
        const started = each.start()
        await mend()
        await started
        await admin.config('RESETSTAT')
      }
    })
  })
}
