import { expect } from 'chai'
import { ConnectionError } from '../../lib/errors.ts'
import { Connection } from '../../lib/link/connection.ts'
import { addressOf } from '../helpers/address.ts'
import { FakeRedis, reply } from '../helpers/fake-redis.ts'
import { ManualClock, meanwhile } from '../helpers/manual-clock.ts'
import { rejection } from '../helpers/pair.ts'

/** What is asked on a new connection before anything else is sent on it. */
describe('a new connection', () => {
  let clock: ManualClock
  let redis: FakeRedis
  let connection: Connection
  beforeEach(async () => {
    clock = new ManualClock()
    redis = await FakeRedis.start()
  })
  afterEach(async () => {
    connection.close()
    await redis.close()
    expect(clock.pending, 'timers left').to.equal(0)
  })
  const connect = (source: Parameters<typeof addressOf>[0]): Promise<unknown> => {
    connection = new Connection(addressOf(source), { connectTimeoutMs: 3_600_000, clock })
    return connection.open()
  }
  const count = (command: string): number => redis.commands.filter(([name]) => name === command).length

  it('is refused for good by a server that has no databases', async () => {
    for (const [refusal, problem] of [
      ["ERR unknown command 'SELECT'", 'unknown command'],
      ['ERR DB index is out of range', 'out of range'],
    ] as const) {
      redis.answers.set('SELECT', () => reply.error(refusal))
      const error = await rejection(connect(`${redis.url}/7`))
      expect(error).to.be.instanceOf(ConnectionError).with.property('message').that.includes(problem)
      connection.close()
    }
  })

  it('is tried again when it breaks or the server is busy as its database is selected', async () => {
    const busy = () => reply.error('BUSY Redis is busy running a script.')
    // ioredis selects too.
    const answers = [() => redis.cut(), busy, busy]
    redis.answers.set('SELECT', () => {
      const answer = answers.shift() ?? (() => reply.ok)
      return answer() ?? undefined
    })
    await meanwhile(clock, connect(`${redis.url}/7`))
    expect(answers).to.deep.equal([])
  })

  it('waits for a server that loads its data, which may take longer than another outage', async () => {
    let pings = 0
    redis.answers.set('PING', () =>
      ++pings < 10 ? reply.error('LOADING Redis is loading the dataset in memory') : '+PONG\r\n',
    )
    await meanwhile(clock, connect(redis.url))
    expect(pings).to.equal(10)
  })

  it('is tried again when the master that a Sentinel names is still a replica', async () => {
    const roles = ['replica', 'slave', 'master']
    redis.answers.set('HELLO', () => reply.array(['mode', 'standalone', 'role', roles.shift() ?? 'master']))
    await using sentinel = await FakeRedis.start()
    sentinel.answers.set('SENTINEL', ([what]) =>
      what === 'get-master-addr-by-name' ? reply.array(['127.0.0.1', new URL(redis.url).port]) : reply.array([]),
    )
    await meanwhile(clock, connect(`${sentinel.url.replace('redis:', 'redis-sentinel:')}/main`))
    expect(roles).to.deep.equal([])
    expect(count('RPUSH')).to.equal(0)
  })

  it('of a Sentinel or of one node of many is refused with the form to use, of any kind of address', async () => {
    const six = await FakeRedis.start('::1').catch(() => undefined)
    for (const node of six === undefined ? [redis] : [redis, six]) {
      const { host } = new URL(node.url)
      node.answers.set('HELLO', () => reply.array(['mode', 'cluster', 'role', 'master']))
      node.answers.set('CLUSTER', () => reply.text('cluster_state:ok\r\ncluster_size:3\r\n'))
      expect(await rejection(connect(node.url)))
        .to.have.property('message')
        .that.includes(`use redis-cluster://${host} (more nodes after commas)`)
      connection.close()
      node.answers.set('HELLO', () => reply.array(['mode', 'sentinel']))
      expect(await rejection(connect(node.url)))
        .to.have.property('message')
        .that.includes(`use redis-sentinel://${host}/NAME_OF_THE_MASTER`)
      connection.close()
    }
    await six?.close()
  })
})
