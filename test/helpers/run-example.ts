import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { bundledLibrary } from './bundled.ts'

const EXAMPLES = resolve(import.meta.dirname, '../../examples')

/** Runs an example to its end, on an embedded Redis. @param file its path below `examples` */
export function runExample(file: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  const { REDIS_URL: _, ...env } = process.env
  return spawnSync(process.execPath, ['--import=tsx', resolve(EXAMPLES, file), ...args], {
    encoding: 'utf8',
    env: { ...env, TSX_TSCONFIG_PATH: bundledLibrary() },
    timeout: 50_000,
  })
}
