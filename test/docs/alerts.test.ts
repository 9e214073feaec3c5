import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { RedisRPC } from 'redis-object-rpc'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { GroupReadStream, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { Inspector } from '../../lib/inspect/index.ts'

const PAGE = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
const METRIC = /\b(?:redis_object_rpc|rpc_server)_\w+/g

/** Metrics of a text for Prometheus, histograms as the samples they consist of. */
function namesIn(text: string): Set<string> {
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  return new Set(
    types.flatMap(([, name, type]) =>
      type === 'histogram' ? [`${name}`, ...['_bucket', '_sum', '_count'].map((end) => name + end)] : [`${name}`],
    ),
  )
}

describe('the alerts of docs/operations.md', () => {
  let redis: EmbeddedRedis
  let rpc: RedisRPC
  /** What the command prints, and what a program does. */
  let [byCommand, byProgram] = ['', '']
  before(async () => {
    redis = await EmbeddedRedis.start({ port: 0 })
    rpc = new RedisRPC(redis.url)
    await rpc.serve('calc', { add: (a: number, b: number) => a + b })
    await rpc.client<{ add(a: number, b: number): number }>('calc').add(1, 2)
    await using queue = new WriteQueue(redis.url, 'jobs')
    await queue.publish(1)
    await using stream = new WriteStream(redis.url, 'prices')
    await stream.publish(1)
    await using group = new GroupReadStream(redis.url, 'prices', 'billing', { from: '0' })
    await group.next()
    await using inspector = new Inspector(redis.url)
    byCommand = await inspector.metrics()
    byProgram = rpc.metrics()
  })
  after(async () => {
    await rpc?.close()
    await redis?.close()
  })

  it('name metrics that there are, and say which of them only the command prints', () => {
    const named = new Set(PAGE.match(METRIC))
    expect([...named].filter((name) => !namesIn(byCommand).has(name))).to.deep.equal([])
    const notByProgram = [...named].filter((name) => !namesIn(byProgram).has(name))
    expect(PAGE.replaceAll('\n', ' ')).to.include(
      `only the command \`metrics\` prints \`${notByProgram.join('`, `')}\`.`,
    )
  })

  it('group by labels that the metrics have', () => {
    const rules = /```yaml\n(.*?)```/s.exec(PAGE)?.[1]?.split('- alert: ').slice(1) ?? []
    expect(rules).to.have.lengthOf.at.least(6)
    for (const rule of rules) {
      const metrics = rule.match(METRIC) ?? []
      expect(metrics, rule).not.to.deep.equal([])
      const used = [...rule.matchAll(/\bby \(([^)]*)\)|\{(\w+)=/g)].flatMap(([, by, only]) => (by ?? only)!.split(', '))
      for (const metric of metrics) {
        const labels = new RegExp(`^${metric}\\{(.*)\\} `, 'm').exec(byCommand)?.[1]
        expect(
          [...labels!.matchAll(/(\w+)=/g)].map(([, label]) => label),
          metric,
        ).to.include.members(used)
      }
    }
  })
})
