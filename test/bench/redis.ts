import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { watch } from './harness.ts'

/** A real Redis in a process of its own. */
export interface RedisProcess {
  readonly url: string
  readonly version: string
  /** CPU time it has used. */
  cpuUs(): Promise<number>
  stop(): Promise<void>
}

/** That of `REDIS_URL`, else a fresh `redis-server` on a free port, pinned to a core where one is given. */
export async function startRedis(core?: number): Promise<RedisProcess> {
  const given = process.env.REDIS_URL
  const spawned = given === undefined ? await spawnRedis(core) : undefined
  const url = given ?? spawned!.url
  const redis = new Redis(url)
  const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown'
  return {
    url,
    version,
    async cpuUs() {
      const info = await redis.info('cpu')
      const seconds = (field: string) => Number(new RegExp(`^${field}:(\\S+)`, 'm').exec(info)?.[1])
      return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6
    },
    async stop() {
      redis.disconnect()
      await spawned?.stop()
    },
  }
}

async function spawnRedis(core?: number): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort()
  const flags = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tmpdir()]
  const [command, ...args] = core === undefined ? ['redis-server'] : ['taskset', '-c', `${core}`, 'redis-server']
  const child = watch(spawn(command!, [...args, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] }))
  const exited = once(child, 'exit') // also rejects where there is no such program
  const ready = new Promise<void>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      if (line.includes('Ready to accept connections')) resolve()
    })
  })
  const failed = exited.then(
    () => Promise.reject(new Error('redis-server ended before it listened')),
    (cause: unknown) => Promise.reject(new Error('the benchmark needs redis-server on PATH, or REDIS_URL', { cause })),
  )
  await Promise.race([ready, failed])
  let stopping = false
  // Left uncaught, as for a contender: calls it had taken would be waited for in vain.
  child.once('exit', (code, signal) => {
    if (!stopping) throw new Error(`redis-server ended with ${signal ?? code}`)
  })
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      stopping = true
      child.kill()
      await exited
    },
  }
}

/** Its own, because the benchmark is compiled by itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
