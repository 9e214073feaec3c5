import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { bundled } from '../helpers/bundled.ts'

const MAIN = new URL('../../lib/cli/main.ts', import.meta.url)

/** What a run of the command line has printed, and its exit code. */
export interface CliRun {
  readonly out: string
  readonly err: string
  readonly code: number | null
}

/** A command line that runs. */
export interface RunningCli {
  readonly child: ChildProcessWithoutNullStreams
  /** What it has printed so far. */
  out(): string
  err(): string
  readonly ended: Promise<CliRun>
}

export interface CliOptions {
  /** `REDIS_URL`; left out, it is not set. */
  readonly url?: string
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
}

/** Starts the command line in a process of its own. */
export function startCli(args: readonly string[], { url, env = {}, input }: CliOptions = {}): RunningCli {
  const { REDIS_URL: _, ...rest } = process.env
  const child = spawn(process.execPath, [bundled(MAIN), ...args], {
    env: { ...rest, ...(url !== undefined && { REDIS_URL: url }), ...env },
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  // It may end without having read anything.
  child.stdin.on('error', () => {})
  if (input !== undefined) child.stdin.end(input)
  const ended = once(child, 'close').then(([code]) => ({ out, err, code: code as number | null }))
  return { child, out: () => out, err: () => err, ended }
}

/** Runs the command line to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  return startCli(args, { input: '', ...options }).ended
}
