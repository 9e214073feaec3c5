import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { CATALOG } from '../../lib/cli/catalog.ts'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { bundled } from '../helpers/bundled.ts'

const MAIN = bundled(new URL('../../lib/cli/main.ts', import.meta.url))
/** Every write to it fails, as on a full disk. */
const FULL = '/dev/full'
const PRINTING: readonly string[][] = [['ls', '--json'], ['metrics'], ['doctor'], ['completion', 'bash']]
const HELP = [['--help'], ...CATALOG.map(({ name }) => [name, '--help'])]

describe('redis-object-rpc, whose output cannot be written', () => {
  let redis: EmbeddedRedis
  before(async () => {
    redis = await EmbeddedRedis.start({ port: 0 })
  })
  after(() => redis.close())
  const env = () => ({ ...process.env, REDIS_URL: redis.url })

  it('ends in good order when nobody reads it', async () => {
    for (const args of [...PRINTING, ...HELP, ['nope']]) {
      const child = spawn(process.execPath, [MAIN, ...args], { env: env(), stdio: ['ignore', 'pipe', 'pipe'] })
      child.stdout.destroy()
      const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
      expect(err, args.join(' ')).not.to.match(/EPIPE|node:/)
      expect(code, args.join(' ')).to.equal(args[0] === 'nope' ? 2 : 0)
    }
  })

  it('says that the disk is full', async function () {
    if (!existsSync(FULL)) this.skip()
    const full = openSync(FULL, 'w')
    for (const args of [...PRINTING, ['--help'], ['queue', '--help']]) {
      const child = spawn(process.execPath, [MAIN, ...args], { env: env(), stdio: ['ignore', full, 'pipe'] })
      const [err, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')])
      expect(err, args.join(' ')).to.match(/^error: the output cannot be written: ENOSPC/m)
      expect(code, args.join(' ')).to.equal(1)
    }
    closeSync(full)
  })
})
