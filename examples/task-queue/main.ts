/** Gives work to a worker that is killed in the midst of it; another one does it. On an embedded Redis or on `REDIS_URL`. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { ReadQueue, WriteQueue } from 'redis-object-rpc/ipc'
import type { Resize } from './worker.ts'

const embedded = process.env.REDIS_URL === undefined ? await EmbeddedRedis.start({ port: 0 }) : undefined
const REDIS_URL = process.env.REDIS_URL ?? (embedded?.url as string)

const jobs = new WriteQueue<Resize>(REDIS_URL, 'resize')
await jobs.publish({ image: 'cat.png', width: 320 })
await jobs.publish({ image: 'dog.png', width: 320 })

const first = run('worker 1')
await line(first.lines, 'worker 1: dog.png, attempt 1')
first.process.kill('SIGKILL')
console.log('main: worker 1 is killed')

const second = run('worker 2')
await line(second.lines, 'worker 2: dog.png, attempt 2')
await jobs.publish({ image: 'notes.txt', width: 320 }, { delayMs: 50 })
await line(second.lines, 'worker 2: notes.txt, attempt 2')
const ended = once(second.process, 'exit')
second.process.kill('SIGTERM')
await ended

const queue = new ReadQueue<Resize>(REDIS_URL, 'resize', { reliable: true })
for (const letter of await queue.deadLetters.list()) {
  console.log(`main: a dead letter after ${letter.attempts} attempts: ${letter.reason}`)
  await queue.deadLetters.remove(letter.id)
}
console.log(`main: ${await queue.len()} tasks are left`)
await Promise.all([queue.close(), jobs.close()])
await embedded?.close()

/** Starts a worker in a process of its own, and prints what it prints. */
function run(name: string): { process: ChildProcessByStdio<null, Readable, null>; lines: Interface } {
  const path = fileURLToPath(new URL('worker.ts', import.meta.url))
  const worker = spawn(process.execPath, ['--import=tsx', path, name], {
    env: { ...process.env, REDIS_URL },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface(worker.stdout)
  lines.on('line', (text) => console.log(text))
  return { process: worker, lines }
}

/** Resolves once a line was printed. */
function line(lines: Interface, wanted: string): Promise<void> {
  return new Promise((resolve) => lines.on('line', (text) => text === wanted && resolve()))
}
