import { expect } from 'chai'
import { ClosedError } from '../../lib/errors.ts'
import { BLOCK_MS, BlockingReader, LOST } from '../../lib/link/blocking-reader.ts'
import { LONGEST_SILENCE_MS } from '../../lib/link/watchdog.ts'
import { addressOf } from '../helpers/address.ts'
import { FakeRedis, reply } from '../helpers/fake-redis.ts'
import { ManualClock, meanwhile } from '../helpers/manual-clock.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

describe('a reader that blocks', () => {
  let clock: ManualClock
  let redis: FakeRedis
  let reader: BlockingReader
  beforeEach(async () => {
    clock = new ManualClock()
    redis = await FakeRedis.start()
    reader = new BlockingReader(addressOf(redis.url), { connectTimeoutMs: 1_000, onError: () => {}, clock })
  })
  afterEach(async () => {
    reader.close()
    await redis.close()
    expect(clock.pending, 'timers left').to.equal(0)
  })
  const read = () => reader.read((life) => life.lpop('list'))
  const reads = (): number => redis.commands.filter(([command]) => command === 'LPOP').length

  it('tries again while Redis is busy or has become a replica, and gives up after the connect time-out', async () => {
    const refusals = ['BUSY Redis is busy running a script.', "READONLY You can't write against a read only replica."]
    redis.answers.set('LPOP', () => (refusals.length > 0 ? reply.error(refusals.shift()!) : reply.text('a')))
    expect(await meanwhile(clock, read())).to.equal('a')
    expect(reads()).to.equal(3)
    redis.answers.set('LPOP', () => reply.error('BUSY Redis is busy running a script.'))
    const begun = clock.now()
    expect(await meanwhile(clock, rejection(read())))
      .to.have.property('message')
      .that.includes('BUSY')
    expect(clock.now() - begun).to.be.within(1_000, 1_500)
  })

  it('rejects at once with what Redis refuses for good', async () => {
    for (const refusal of ['WRONGTYPE wrong kind', "ERR unknown command 'LPOP'"]) {
      redis.answers.set('LPOP', () => reply.error(refusal))
      expect(await rejection(read())).to.have.property('message', refusal)
    }
    expect(reads()).to.equal(2)
  })

  it('says that it is lost what became of a command whose connection broke, or that came back too late', async () => {
    redis.answers.set('LPOP', () => {
      redis.cut()
      return undefined
    })
    expect(await meanwhile(clock, read())).to.equal(LOST)
    redis.answers.set('LPOP', () => undefined)
    const reading = read()
    await until(() => {
      clock.advance(50)
      return reads() === 2
    })
    clock.advance(BLOCK_MS + LONGEST_SILENCE_MS + 100)
    expect(await reading).to.equal(LOST)
  })

  it('rejects once it is closed', async () => {
    reader.close()
    expect(await rejection(read())).to.be.instanceOf(ClosedError)
  })
})
