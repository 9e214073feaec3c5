/** Runs a server of functions and a client in two processes of their own, on an embedded Redis or on `REDIS_URL`. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'

const embedded = process.env.REDIS_URL === undefined ? await EmbeddedRedis.start({ port: 0 }) : undefined
const REDIS_URL = process.env.REDIS_URL ?? embedded?.url

const server = run('server.ts')
const serverEnd = once(server, 'close')
// Its first line says that it listens.
await Promise.race([once(server.stdout, 'data'), serverEnd])
const [clientCode] = await once(run('client.ts'), 'close')
server.kill('SIGTERM')
const [serverCode] = await serverEnd
await embedded?.close()
process.exitCode = clientCode === 0 && serverCode === 0 ? 0 : 1

function run(file: string): ChildProcessByStdio<null, Readable, null> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(process.execPath, ['--import=tsx', path], {
    env: { ...process.env, REDIS_URL },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.pipe(process.stdout, { end: false })
  return child
}
