import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import { type CallRecord, control, RedisRPC, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { bundled } from '../../helpers/bundled.ts'
import { freshName } from '../../helpers/names.ts'
import { RedisCluster } from '../../helpers/redis-cluster.ts'
import { needRedisServer, RedisProcess } from '../../helpers/redis-process.ts'
import { until } from '../../helpers/until.ts'

const CLI = new URL('../../../lib/cli/main.ts', import.meta.url)
const WORKER = new URL('../../helpers/rpc-worker.ts', import.meta.url)

/** Reads records in the background. */
function collect(records: AsyncIterable<CallRecord>): CallRecord[] {
  const seen: CallRecord[] = []
  void (async () => {
    for await (const record of records) seen.push(record)
  })().catch(() => {})
  return seen
}

describe('a watch', function () {
  this.timeout(40_000)
  before(needRedisServer)
  const opened: { close(): Promise<void> }[] = []
  const children: ChildProcess[] = []
  const clients: object[] = []
  let redis: RedisProcess | undefined
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    for (const client of clients.splice(0)) await control(client).close()
    for (const one of opened.splice(0).reverse()) await one.close()
    await redis?.close()
    redis = undefined
  })

  async function startWorker(url: string, name: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [bundled(WORKER), url, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    await once(child.stdout!, 'data')
    return child
  }

  function connect<T extends object>(client: T): T {
    clients.push(client)
    return client
  }

  it('follows the next server when one was killed', async () => {
    redis = await RedisProcess.start()
    const name = freshName('service')
    const first = await startWorker(redis.url, name)
    const client = connect(new RedisRPCClient<{ pid(): number }>(redis.url, name))
    const seen = collect(control(client).watch())
    await until(() => control(client).stats.borrowed === 1)
    await client.pid()
    await until(() => seen.length === 1)
    first.kill('SIGKILL')
    await once(first, 'exit')
    await startWorker(redis.url, name)
    // Whether the old server is lost before the new one is found depends on how soon that starts.
    await until(async () => {
      await client.pid()
      return seen.length > 1
    })
    expect(seen[1]?.server).to.not.equal(seen[0]?.server)
    await until(() => control(client).stats.borrowed === 1)
  })

  it('ends at the server when its process was killed', async () => {
    redis = await RedisProcess.start()
    const name = freshName('service')
    const server = new RedisRPCServer(redis.url, name, { add: () => 1 })
    opened.push(server)
    await server.start()
    const args = [bundled(CLI), 'watch', name, '--url', redis.url]
    const watcher = spawn(process.execPath, args, { stdio: 'ignore' })
    children.push(watcher)
    await until(() => server.stats.lent === 1)
    watcher.kill('SIGKILL')
    await until(() => server.stats.lent === 0)
  })

  for (const keeps of [false, true])
    it(`goes on after Redis was killed and started again ${keeps ? 'with its data' : 'empty'}`, async () => {
      redis = await RedisProcess.start(keeps ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [])
      const name = freshName('service')
      const server = new RedisRPCServer(redis.url, name, { add: () => 1 }, { onError: () => {} })
      opened.push(server)
      await server.start()
      const client = connect(new RedisRPCClient<{ add(): number }>(redis.url, name, { onError: () => {} }))
      const seen = collect(control(client).watch())
      await until(() => server.stats.lent === 1)
      await client.add()
      await until(() => seen.length === 1)
      await redis.signal('SIGKILL')
      await redis.start()
      await until(async () => {
        await client.add().catch(() => {})
        return seen.length > 1
      })
      await until(() => server.stats.lent === 1)
    })

  it('works on shared connections, with a secret', async () => {
    redis = await RedisProcess.start()
    const secret = 'a secret of at least thirty-two characters'
    const name = freshName('service')
    const rpc = new RedisRPC(redis.url)
    opened.push(rpc)
    const server = await rpc.serve(name, { add: () => 1 }, { secret })
    const client = rpc.client<{ add(): number }>(name, { secret })
    const seen = collect(control(client).watch())
    await until(() => server.stats.lent === 1)
    await client.add()
    await until(() => seen.length === 1)
    await control(client).close()
    await until(() => server.stats.lent === 0)
  })

  it('works in a cluster', async () => {
    const cluster = await RedisCluster.start()
    const name = freshName('service')
    const server = new RedisRPCServer(cluster.connect(), name, { add: () => 1 })
    try {
      await server.start()
      const client = new RedisRPCClient<{ add(): number }>(cluster.connect(), name)
      const seen = collect(control(client).watch())
      await until(() => server.stats.lent === 1)
      await client.add()
      await until(() => seen.length === 1)
      await control(client).close()
      await until(() => server.stats.lent === 0)
    } finally {
      await server.close()
      await cluster[Symbol.asyncDispose]()
    }
  })
})
