import { Redis } from 'ioredis'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { type Clock, systemClock } from '../../lib/util/clock.ts'
import { RedisProcess } from '../helpers/redis-process.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'

/** The Redis of a stage. */
export interface Backend {
  readonly url: string
  /** Whether connections to it can go through a proxy. */
  readonly isProxied: boolean
  close(): Promise<void>
}

/** A Redis in a process of its own. */
export class ProcessBackend implements Backend {
  readonly isProxied = true
  readonly process: RedisProcess

  constructor(process: RedisProcess) {
    this.process = process
  }

  static async start(): Promise<ProcessBackend> {
    return new ProcessBackend(await RedisProcess.start())
  }

  get url(): string {
    return this.process.url
  }

  close(): Promise<void> {
    return this.process.close()
  }
}

/** An embedded Redis whose clock can be set. */
export class SettableBackend implements Backend {
  readonly isProxied = true
  readonly #offset: { ms: number }
  readonly #redis: EmbeddedRedis

  private constructor(redis: EmbeddedRedis, offset: { ms: number }) {
    this.#redis = redis
    this.#offset = offset
  }

  static async start(): Promise<SettableBackend> {
    const offset = { ms: 0 }
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + offset.ms }
    return new SettableBackend(await EmbeddedRedis.start({ port: 0, clock }), offset)
  }

  get url(): string {
    return this.#redis.url
  }

  setClockBy(ms: number): void {
    this.#offset.ms += ms
  }

  close(): Promise<void> {
    return this.#redis.close()
  }
}

/** A master, a replica of it, and a sentinel. The replica and the sentinel reach the master through a proxy. */
export class SentinelBackend implements Backend {
  readonly isProxied = false
  readonly master: RedisProcess
  readonly replica: RedisProcess
  readonly #sentinel: RedisProcess
  readonly #toMaster: TcpProxy

  private constructor(master: RedisProcess, replica: RedisProcess, sentinel: RedisProcess, toMaster: TcpProxy) {
    this.master = master
    this.replica = replica
    this.#sentinel = sentinel
    this.#toMaster = toMaster
  }

  static async start(): Promise<SentinelBackend> {
    const master = await RedisProcess.start()
    const toMaster = await TcpProxy.start(master.url)
    const { port } = new URL(toMaster.url)
    const replica = await RedisProcess.start(['--replicaof', '127.0.0.1', port, '--repl-diskless-sync-delay', '0'])
    const sentinel = await RedisProcess.startSentinel([
      `sentinel monitor main 127.0.0.1 ${port} 1`,
      'sentinel down-after-milliseconds main 1000',
      // One that it gives up, because it has not heard of the replica just now, is tried again after twice this time.
      'sentinel failover-timeout main 1000',
    ])
    const backend = new SentinelBackend(master, replica, sentinel, toMaster)
    await backend.#inStep()
    return backend
  }

  get url(): string {
    return `redis-sentinel://127.0.0.1:${this.#sentinel.port}/main`
  }

  /** From now on nothing reaches the replica any more. */
  stopReplication(): void {
    this.#toMaster.toClient = (_chunk, { sent }) => (sent.includes('PSYNC') ? 'drop' : 'pass')
  }

  async close(): Promise<void> {
    await this.#toMaster.close()
    for (const process of [this.#sentinel, this.replica, this.master]) await process.close()
  }

  /** A failover needs a replica that is known and in step. */
  async #inStep(): Promise<void> {
    const guard = new Redis({ host: '127.0.0.1', port: this.#sentinel.port }).on('error', () => {})
    // It looks around every ten seconds otherwise.
    await guard.call('SENTINEL', 'DEBUG', 'info-period', '100', 'ping-period', '100', 'publish-period', '100')
    await until(async () => {
      const replicas = (await guard.call('SENTINEL', 'REPLICAS', 'main')) as string[][]
      return replicas.some((fields) => fields[fields.indexOf('master-link-status') + 1] === 'ok')
    })
    guard.disconnect()
  }
}
