import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A `redis-server` process that a test has started. */
export interface RealRedis {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/** How often a free port is tried anew: another process may have taken it meanwhile. */
const ATTEMPTS = 5
const START_WITHIN_MS = 10_000

/**
 * Starts a `redis-server` from PATH on a free port of 127.0.0.1, with a folder of its own and nothing saved.
 * @param extraArgs - further arguments of its command line
 * @returns `undefined` if there is no `redis-server`
 */
export async function startRealRedis(extraArgs: readonly string[] = []): Promise<RealRedis | undefined> {
  if (spawnSync('redis-server', ['--version']).error !== undefined) return undefined
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(await freePort(), extraArgs)
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

async function startOnce(port: number, extraArgs: readonly string[]): Promise<RealRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'redis-object-rpc-'))
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', [...settings, ...extraArgs], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // A test run that is broken off must not leave servers behind.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const close = async (): Promise<void> => {
    process.off('exit', kill)
    child.kill('SIGKILL')
    await exited
    await rm(dir, { recursive: true, force: true })
  }
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`redis-server was not ready in ${START_WITHIN_MS} ms`)),
        START_WITHIN_MS,
      )
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (!output.includes('Ready to accept connections')) return
        clearTimeout(timer)
        resolve()
      })
      void exited.then(() => {
        clearTimeout(timer)
        reject(new Error(`redis-server ended at its start: ${output}`))
      })
    })
  } catch (error) {
    await close()
    throw error
  }
  return { url: `redis://127.0.0.1:${port}`, port, close }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
