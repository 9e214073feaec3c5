import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ContenderName } from './contenders/index.ts'
import type { Answer, Orders } from './worker.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROFILES = fileURLToPath(new URL('./results/profiles', import.meta.url))
/** An order that takes longer than this has hung. */
const ORDER_TIMEOUT_MS = 120_000

/** How every process of a contender is run; the same for all of them. */
export interface Runtime {
  /** TypeScript source through tsx, instead of compiled files and `dist/` on plain Node. */
  readonly source: boolean
  readonly cpuProfile: boolean
}

/** A process that takes orders. */
export interface Worker {
  order<K extends keyof Orders>(name: K, ...args: Parameters<Orders[K]>): ReturnType<Orders[K]>
  /** Closes what it has open and ends it. */
  stop(): Promise<void>
}

const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Sees to it that a child never outlives this process. */
export function watch<C extends ChildProcess>(child: C): C {
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** Builds the package and this benchmark as plain JavaScript, so that what is measured is what is published. */
export function compile(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' })
  execFileSync('npm', ['exec', '--', 'tsc', '-p', 'test/bench'], { cwd: ROOT, stdio: 'inherit' })
}

/** Starts an end of a contender, pinned to a core where one is given. */
export async function startWorker(contender: ContenderName, runtime: Runtime, core?: number): Promise<Worker> {
  const file = new URL(runtime.source ? './worker.ts' : './results/build/worker.js', import.meta.url)
  const nodeFlags = [
    ...(runtime.source ? ['--import=tsx'] : []),
    ...(runtime.cpuProfile ? ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`] : []),
  ]
  const [execPath, execArgv] =
    core === undefined ? [process.execPath, nodeFlags] : ['taskset', ['-c', `${core}`, process.execPath, ...nodeFlags]]
  const child = watch(fork(file, [contender], { cwd: ROOT, execPath, execArgv }))

  let stopping = false
  let settle: (answer: Answer) => void
  const answered = () =>
    new Promise<unknown>((resolve, reject) => {
      const timeout = setTimeout(() => settle({ failed: 'no answer' }), ORDER_TIMEOUT_MS)
      settle = (answer) => {
        clearTimeout(timeout)
        if ('failed' in answer) reject(new Error(`${contender}: ${answer.failed}`))
        else resolve(answer.done)
      }
    })
  const ready = answered()
  child.on('message', (answer: Answer) => settle(answer))
  // Left uncaught: the other end would wait for ever, so the whole benchmark ends here.
  child.once('exit', (code, signal) => {
    if (!stopping) throw new Error(`a process of ${contender} ended with ${signal ?? code}`)
  })
  await ready

  const order = (name: keyof Orders, ...args: unknown[]) => {
    child.send([name, ...args])
    return answered()
  }
  return {
    order: order as Worker['order'],
    async stop() {
      await order('close')
      stopping = true
      const exit = once(child, 'exit')
      child.disconnect()
      await exit
    },
  }
}
