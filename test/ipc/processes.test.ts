import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { expect } from 'chai'
import { WriteQueue } from 'redis-object-rpc/ipc'
import { describeOnEachRedis, type RunningRedis } from '../helpers/backends.ts'
import { bundled } from '../helpers/bundled.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'
import { Bench, needScripts } from './helpers.ts'

type Worker = ChildProcessByStdio<Writable, Readable, null>

/** What both suites have: workers of this folder, that end with the test. */
function withWorkers(redis: () => RunningRedis) {
  const bench = new Bench(redis, 'processes')
  let workers: Worker[] = []

  beforeEach(function () {
    this.timeout(180_000)
    workers = []
    return needScripts.call(this, bench.raw)
  })
  afterEach(() => {
    for (const worker of workers) worker.kill('SIGKILL')
  })

  /** Starts a process and waits for its first line. */
  const start = async (file: string, ...args: string[]): Promise<Worker> => {
    const path = bundled(new URL(`./workers/${file}`, import.meta.url))
    const worker = spawn(process.execPath, [path, redis().url, bench.name, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    workers.push(worker)
    await once(worker.stdout, 'data')
    return worker
  }

  const stop = async (worker: Worker): Promise<void> => {
    const ended = once(worker, 'exit')
    worker.kill('SIGTERM')
    expect((await ended)[0]).to.equal(0)
  }
  return { bench, start, stop }
}

describeOnEachRedis('queue shared by processes', (redis: () => RunningRedis) => {
  const { bench, start, stop } = withWorkers(redis)

  it('does 1000 tasks although two of four readers are killed', async function () {
    this.timeout(180_000)
    const tasks = 1_000
    const readers = await Promise.all(Array.from({ length: 4 }, () => start('queue-worker.ts', '5')))
    const jobs = bench.open(new WriteQueue<number>(redis().url, bench.name))
    const results = `${bench.name}-results`
    const done = () => bench.raw.hlen(results)

    // Each dies at a random moment of the work.
    const deaths = [Math.random(), Math.random()]
      .map((part) => Math.floor(part * tasks * 0.9))
      .toSorted((a, b) => a - b)
    const publishing = (async () => {
      const uuids: string[] = []
      while (uuids.length < tasks) {
        uuids.push(...(await Promise.all(Array.from({ length: 10 }, (_, i) => jobs.publish(uuids.length + i)))))
      }
      return uuids
    })()
    for (const [index, death] of deaths.entries()) {
      await until(async () => (await done()) >= death)
      readers[index]?.kill('SIGKILL')
    }
    const uuids = await publishing
    await until(async () => (await done()) === tasks)
    await until(async () => (await bench.raw.zcard(`{${bench.name}}:readers`)) === 2)
    for (const reader of readers.slice(2)) await stop(reader)
    await bench.closeAll()

    const counts = await bench.raw.hgetall(results)
    expect(Object.keys(counts).toSorted()).to.deep.equal(uuids.toSorted())
    const acked = await bench.raw.lrange(`${bench.name}-acked`, 0, -1)
    expect(new Set(acked).size, 'each is acknowledged once').to.equal(acked.length)
    expect(acked.length, 'but for those whose reader died before it noted that').to.be.at.least(tasks - 10)
    const repeated = Object.values(counts).filter((count) => count !== '1').length
    expect(repeated, 'only what a killed reader had in flight is repeated').to.be.at.most(10)
    expect(await bench.keys()).to.deep.equal(['NAME-acked', 'NAME-results'])
    await bench.raw.del(results, `${bench.name}-acked`)
  })
})

describe('cache shared by processes', () => {
  let running: RedisProcess | undefined
  before(async function () {
    needRedisServer.call(this)
    running = await RedisProcess.start()
  })
  after(() => running?.close())
  const { bench, start } = withWorkers(() => running as RunningRedis)

  it('loads an entry once although 20 processes ask for it at the same time', async function () {
    this.timeout(180_000)
    const askers: Worker[] = []
    // A few at a time: they start on as many cores as there are.
    while (askers.length < 20) {
      askers.push(...(await Promise.all(Array.from({ length: 4 }, () => start('cache-worker.ts')))))
    }
    const answers = askers.map(async (asker) => {
      const [line] = await once(createInterface(asker.stdout), 'line')
      return line as string
    })
    const ends = askers.map((asker) => once(asker, 'exit'))
    for (const asker of askers) asker.stdin.write(`${askers.length}\n`)
    expect(new Set(await Promise.all(answers)).size).to.equal(1)
    expect((await Promise.all(ends)).map(([code]) => code)).to.deep.equal(Array(20).fill(0))
    expect(await bench.raw.get(`${bench.name}-runs`)).to.equal('1')
    for (const key of await bench.raw.keys(`${bench.name}*`)) await bench.raw.del(key)
    expect(await bench.keys()).to.deep.equal([])
  })
})
