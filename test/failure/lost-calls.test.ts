import { expect } from 'chai'
import { control } from 'redis-object-rpc'
import type { Work } from '../chaos/server-process.ts'
import { Stage } from '../chaos/stage.ts'
import { needRedisServer } from '../helpers/redis-process.ts'
import { countEnds } from '../helpers/settled.ts'
import { until } from '../helpers/until.ts'

/** A few of the scenarios of `npm run chaos`, with order from events instead of a schedule. */
describe('calls of servers in processes of their own', () => {
  before(needRedisServer)

  const ids = Array.from({ length: 20 }, (_, n) => `${n}`)
  const callAll = (client: Pick<Work, 'quick' | 'slow'>, method: 'quick' | 'slow') =>
    countEnds(
      ids.map((id) => client[method](id)),
      (value, index) => (value === ids[index] ? 'right' : 'wrong'),
    )
  const repeated = (stage: Stage): string[] => [...stage.runs()].filter(([, times]) => times > 1).map(([id]) => id)

  it('are answered when a server closes in good order among them', async () => {
    await using stage = await Stage.set(2, 1)
    const ends = callAll(stage.clients[0]!, 'slow')
    await until(() => stage.runs().size > 0)
    stage.servers[0]!.kill('SIGTERM')
    expect(await ends).to.deep.equal({ right: 20 })
    expect(repeated(stage)).to.deep.equal([])
  })

  it('end in ServerLostError when their only server is killed, and were begun once', async () => {
    await using stage = await Stage.set(1, 1)
    const ends = callAll(stage.clients[0]!, 'slow')
    await until(() => stage.runs().size === 20)
    stage.servers[0]!.kill('SIGKILL')
    expect(await ends).to.deep.equal({ ERR_SERVER_LOST: 20 })
    expect(repeated(stage)).to.deep.equal([])
  })

  it('are run again by another server where that is allowed', async () => {
    await using stage = await Stage.set(1, 1)
    const ends = callAll(control(stage.clients[0]!).with({ delivery: 'at-least-once' }), 'slow')
    await until(() => stage.runs().size === 20)
    stage.servers[0]!.kill('SIGKILL')
    await stage.addServer()
    expect(await ends).to.deep.equal({ right: 20 })
  })

  it('are answered when Redis starts again empty', async () => {
    await using stage = await Stage.set(2, 1)
    await stage.redis.signal('SIGKILL')
    const ends = callAll(stage.clients[0]!, 'quick')
    await stage.redis.start()
    expect(await ends).to.deep.equal({ right: 20 })
    expect(repeated(stage)).to.deep.equal([])
  })
})

describe('docs/delivery.md', () => {
  it('has a row for each scenario and delivery', async () => {
    const { scenarios } = await import('../chaos/scenarios.ts')
    const { readFileSync } = await import('node:fs')
    const page = readFileSync(new URL('../../docs/delivery.md', import.meta.url), 'utf8')
    for (const { name } of scenarios)
      for (const delivery of ['at-most-once', 'at-least-once']) expect(page).to.include(`| ${name} | ${delivery} |`)
  })
})
