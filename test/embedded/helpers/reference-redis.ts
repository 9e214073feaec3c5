import { spawnSync } from 'node:child_process'
import { REDIS_VERSION } from '../../../lib/embedded/catalog/redis-version.ts'

const [major, minor] = REDIS_VERSION.split('.')
const REFERENCE = `${major}.${minor}`

/** For `before`: leaves a suite pending where there is no `redis-server` of the version that the embedded one mirrors. */
export function needReferenceRedis(this: Mocha.Context): void {
  need.call(this, 'redis-server', new RegExp(`^Redis server v=${major}\\.${minor}\\.`))
}

/** For `before`: leaves a suite pending where there is no `redis-cli` of the version that ours mirrors. */
export function needReferenceCli(this: Mocha.Context): void {
  need.call(this, 'redis-cli', new RegExp(`^redis-cli ${major}\\.${minor}\\.`))
}

/** Another version, or Valkey, differs in ways that are no faults here. With `CI` set it fails, so that it is not missed. */
function need(this: Mocha.Context, program: string, version: RegExp): void {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  if (version.test(stdout ?? '')) return
  const found = stdout ? stdout.trim() : `no ${program}`
  if (process.env.CI) throw new Error(`this compares with ${program} ${REFERENCE}; here is ${found}`)
  this.skip()
}
