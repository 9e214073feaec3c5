import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { bundled } from '../helpers/bundled.ts'

/** What the servers do. */
export interface Work {
  quick(id: string): Promise<string>
  /** Takes 400 ms. */
  slow(id: string): Promise<string>
  /** Takes 10 s. */
  long(id: string): Promise<string>
}

export interface ServerProcessOptions {
  readonly url: string
  readonly name: string
  /** A file to which each call that is begun adds a line. */
  readonly log: string
  readonly leaseMs?: number
}

/** Starts `server.ts`; it is not listening yet. */
export function spawnServer({ url, name, log, leaseMs = 5_000 }: ServerProcessOptions): ChildProcess {
  const args = [bundled(new URL('server.ts', import.meta.url)), url, name, log, `${leaseMs}`]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Resolves once it takes calls. */
export async function listening(server: ChildProcess): Promise<void> {
  await once(server.stdout!, 'data')
}
