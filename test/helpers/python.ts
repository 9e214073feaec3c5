import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** Debian's Python sees Debian's `python3-redis`; another one that stands first on PATH may not. */
export const PYTHON = '/usr/bin/python3'

/** For `before`: leaves a suite pending where there is no Python with a Redis client; with `CI` set it fails. */
export function needPython(this: Mocha.Context): void {
  if (spawnSync(PYTHON, ['-c', 'import redis']).status === 0) return
  if (process.env.CI) throw new Error('no Python with a Redis client: install python3-redis')
  this.skip()
}

/** Starts one of the stand-ins in `test/peers`. */
export function startPeer(script: string, ...args: string[]): ChildProcessByStdio<null, Readable, null> {
  const path = fileURLToPath(new URL(`../peers/${script}`, import.meta.url))
  return spawn(PYTHON, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** All lines a stand-in prints until it ends. @throws when it fails */
export async function linesOf(peer: ChildProcessByStdio<null, Readable, null>): Promise<string[]> {
  const ended = new Promise<number | null>((resolve) => peer.once('exit', resolve))
  let text = ''
  for await (const chunk of peer.stdout) text += chunk
  const code = await ended
  if (code !== 0) throw new Error(`the stand-in ended with ${code}: ${text}`)
  return text.trim().split('\n')
}
