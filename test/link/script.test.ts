import { expect } from 'chai'
import { Redis } from 'ioredis'
import { ReadingScript, Script } from '../../lib/link/script.ts'
import { FakeRedis, reply } from '../helpers/fake-redis.ts'
import { rejection } from '../helpers/pair.ts'

describe('a script', () => {
  let fake: FakeRedis
  let redis: Redis
  beforeEach(async () => {
    fake = await FakeRedis.start()
    redis = new Redis(fake.url, { lazyConnect: true, enableReadyCheck: false, protocol: 2 })
    await redis.connect()
    fake.commands.length = 0
  })
  afterEach(async () => {
    redis.disconnect()
    await fake.close()
  })
  const sent = (): unknown[] => fake.commands.map(([command]) => command)

  it('is sent whole once, then by its hash, and whole again where that is unknown', async () => {
    const script = new Script<number>('return 1')
    let hashes = 0
    fake.answers.set('EVALSHA', () => (++hashes === 2 ? reply.error('NOSCRIPT No matching script.') : reply.number(1)))
    fake.answers.set('EVAL', () => reply.number(1))
    for (let run = 0; run < 4; run++) expect(await script.run(redis, ['key'], ['argument'])).to.equal(1)
    expect(sent()).to.deep.equal(['EVAL', 'EVALSHA', 'EVALSHA', 'EVAL', 'EVALSHA'])
  })

  it('that fails is not sent again', async () => {
    const script = new Script<number>('return 1')
    fake.answers.set('EVALSHA', () => reply.error('WRONGTYPE wrong kind'))
    await script.run(redis, [], [])
    expect(await rejection(script.run(redis, [], []))).to.have.property('message', 'WRONGTYPE wrong kind')
    expect(sent()).to.deep.equal(['EVAL', 'EVALSHA'])
  })

  for (const refusal of ["ERR unknown command 'EVAL_RO'", "NOPERM no permissions to run the 'eval_ro' command"])
    it(`that only reads is sent as others are after ${refusal}`, async () => {
      const script = new ReadingScript<number>('return 1')
      fake.answers.set('EVAL_RO', () => reply.error(refusal))
      for (let run = 0; run < 2; run++) await script.run(redis, [], [])
      expect(sent()).to.deep.equal(['EVAL_RO', 'EVAL', 'EVALSHA'])
    })

  it('that only reads and fails is not sent again', async () => {
    const script = new ReadingScript<number>('return 1')
    fake.answers.set('EVAL_RO', () => reply.error('WRONGTYPE wrong kind'))
    expect(await rejection(script.run(redis, [], []))).to.have.property('message', 'WRONGTYPE wrong kind')
    expect(sent()).to.deep.equal(['EVAL_RO'])
  })
})
