import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** For `before`: leaves a suite pending where there is no `redis-server`; with `CI` set it fails. */
export function needRedisServer(this: Mocha.Context): void {
  if (spawnSync('redis-server', ['--version']).status === 0) return
  if (process.env.CI) throw new Error('no redis-server: install it')
  this.skip()
}

/** A port nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** A real `redis-server` in a process of its own, that can be killed, stopped and started again on its port. */
export class RedisProcess implements AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly directory: string
  readonly #args: readonly string[]
  readonly #config: readonly string[] | undefined
  #process: ChildProcess | undefined

  private constructor(port: number, args: readonly string[], config: readonly string[] | undefined) {
    this.port = port
    this.url = `redis://127.0.0.1:${port}`
    this.directory = mkdtempSync(join(tmpdir(), 'redis-object-rpc-'))
    this.#args = args
    this.#config = config
  }

  /** A sentinel, with these lines as its configuration. */
  static startSentinel(config: readonly string[]): Promise<RedisProcess> {
    return RedisProcess.start([], config)
  }

  static async start(args: readonly string[] = [], config?: readonly string[]): Promise<RedisProcess> {
    for (let attempt = 1; ; attempt++) {
      const redis = new RedisProcess(await freePort(), args, config)
      try {
        await redis.start()
        return redis
      } catch (error) {
        await redis.close()
        // Somebody else may have taken the port meanwhile.
        if (attempt === 3) throw error
      }
    }
  }

  async start(): Promise<void> {
    const fixed = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.directory]
    const kind = this.#config === undefined ? ['--save', ''] : ['--sentinel']
    const first = this.#config === undefined ? [] : [this.#writeConfig(this.#config)]
    const args = [...first, ...fixed, ...kind, ...this.#args]
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#process = child
    // A test run that is broken off must not leave servers behind.
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    let log = ''
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      log += chunk
      if (/Ready to accept connections|Sentinel ID is/.test(log)) {
        child.stdout.resume()
        return
      }
    }
    throw new Error(`redis-server did not start: ${log}`)
  }

  #writeConfig(lines: readonly string[]): string {
    const path = join(this.directory, 'sentinel.conf')
    writeFileSync(path, lines.join('\n'))
    return path
  }

  /** Sends it a signal; with one that ends it, resolves once it has ended. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') {
      child.kill(signal)
      return
    }
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  async close(): Promise<void> {
    await this.signal('SIGKILL')
    rmSync(this.directory, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
