import { expect } from 'chai'
import { Redis } from 'ioredis'
import type { HealthCheck } from '../../lib/inspect/index.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { runCli } from './run-cli.ts'

describeOnEachRedis('redis-object-rpc doctor', (redis) => {
  const checks = async (url: string, service = 'calc'): Promise<Record<string, HealthCheck>> => {
    const { out } = await runCli(['doctor', service, '--json'], { url })
    const found = (JSON.parse(out) as { checks: HealthCheck[] }).checks
    return Object.fromEntries(found.map((check) => [check.name, check]))
  }

  it('finds nothing wrong with a fresh Redis', async () => {
    const { out, code } = await runCli(['doctor'], { url: redis().url })
    expect(code).to.equal(0)
    expect(out)
      .to.match(/^version +ok +Redis 7\.0\./m)
      .and.match(/^latency +ok /m)
      .and.match(/^clock +ok /m)
    expect(out).not.to.match(/BAD|warning/)
  })

  it('warns of a Redis that may drop what waits', async () => {
    const admin = new Redis(redis().url)
    await admin.config('SET', 'maxmemory', '1073741824')
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    try {
      const { out, code } = await runCli(['doctor'], { url: redis().url })
      if (!/^eviction +\?/m.test(out)) {
        expect(out).to.match(/^eviction +BAD +allkeys-lru; set maxmemory-policy to noeviction/m)
        expect(code).to.equal(1)
      }
    } finally {
      await admin.config('SET', 'maxmemory', '0')
      await admin.config('SET', 'maxmemory-policy', 'noeviction')
      admin.disconnect()
    }
  })

  it('says what the user may not do', async function () {
    const admin = new Redis(redis().url)
    const user = freshName('reader').replaceAll(/\W/g, '')
    try {
      await admin.call('ACL', 'SETUSER', user, 'on', '>pass', '~*', '+@all', '-zadd', '-eval').catch(() => this.skip())
      const { rights } = await checks(redis().url.replace('redis://', `redis://${user}:pass@`))
      expect(rights).to.include({ state: 'warning', text: `user ${user} may not: ZADD (server), EVAL (server)` })
    } finally {
      await admin.call('ACL', 'DELUSER', user).catch(() => {})
      admin.disconnect()
    }
  })

  it('looks at the keys that are used, with hash tags and a prefix', async function () {
    const admin = new Redis(redis().url)
    const user = freshName('prefixed').replaceAll(/\W/g, '')
    const keys = ['~app:{a}:b', '~app:{a}:b:*']
    try {
      await admin.call('ACL', 'SETUSER', user, 'on', '>pass', ...keys, '+@all').catch(() => this.skip())
      const url = `${redis().url.replace('redis://', `redis://${user}:pass@`)}?keyPrefix=app:`
      const { rights } = await checks(url, '{a}:b')
      expect(rights).to.include({ state: 'good', text: `user ${user} may serve and call {a}:b` })
      const { rights: others } = await checks(url, 'other')
      expect(others).to.have.property('state', 'warning')
    } finally {
      await admin.call('ACL', 'DELUSER', user).catch(() => {})
      admin.disconnect()
    }
  })
})
