import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { ConnectionError } from '../../../lib/errors.ts'
import type { RedisLife } from '../../../lib/link/source.ts'
import { Claims } from '../../../lib/rpc/once/claims.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { rejection } from '../../helpers/pair.ts'

const ID = 'server-id-01'
const CALL = { of: 'fingerprint', ttlMs: 1_000, mayRunTwice: false }

/** What Redis does with one command. */
type Outcome = 'granted' | 'lost' | 'refused'

describe('claims on the records of idempotency keys', () => {
  let outcomes: Outcome[]
  let commands: (readonly unknown[])[]
  let awaited: Set<string>
  let released: number
  let told: Error[]
  let clock: ManualClock
  let claims: Claims
  beforeEach(() => {
    outcomes = []
    commands = []
    awaited = new Set()
    released = 0
    told = []
    clock = new ManualClock()
    const script = async (...args: unknown[]): Promise<unknown> => {
      commands.push(args)
      const outcome = outcomes.shift() ?? 'granted'
      if (outcome === 'lost') throw new Error('Connection is closed.')
      if (outcome === 'refused') throw new Error('WRONGTYPE Operation against a key holding the wrong kind of value')
      return ['fingerprint', args[4], '']
    }
    claims = new Claims(
      {
        id: ID,
        clock,
        run: (run) => run({ eval: script, evalsha: script } as Partial<RedisLife> as RedisLife),
        isGivenUp: () => false,
        isGone: (server) => server === 'server-id-02',
        onError: (error) => void told.push(error),
      },
      (key) => awaited.has(key),
      () => released++,
    )
  })
  const claim = (key: string) => claims.claim(key, claims.begin(key), CALL)

  it('have a name of their own', async () => {
    const found = await claim('a')
    expect(found).to.deep.equal({ of: 'fingerprint', by: `${ID}.1`, reply: '' })
    expect(claims.has('a')).to.equal(true)
    expect((await claim('b'))?.by).to.equal(`${ID}.2`)
  })

  it('are repeated under the same name if Redis may have stored them', async () => {
    outcomes = ['lost']
    expect(await claim('a')).to.equal(undefined)
    expect(claims.isDoubtful('a', `${ID}.1`)).to.equal(true)
    expect((await claim('a'))?.by).to.equal(`${ID}.1`)
    expect(claims.isDoubtful('a', `${ID}.1`)).to.equal(false)
  })

  it('are released until Redis confirms it, once nobody waits for them', async () => {
    outcomes = ['lost', 'lost', 'granted']
    awaited.add('a')
    await claim('a')
    claims.leaveDoubt('a')
    expect(claims.isReleasing).to.equal(false)
    awaited.delete('a')
    claims.leaveDoubt('a')
    expect(claims.isReleasing).to.equal(true)
    expect(claims.isAbandoned(`${ID}.1`)).to.equal(false)
    while (released === 0) {
      await setImmediate()
      clock.advance(500)
    }
    expect(claims.isReleasing).to.equal(false)
    expect(commands).to.have.length(3)
  })

  it('reject when Redis refuses', async () => {
    outcomes = ['refused']
    expect(await rejection(claim('a'))).to.be.instanceOf(ConnectionError)
    expect(claims.isDoubtful('a', `${ID}.1`)).to.equal(false)
  })

  it('end with what Redis refuses: a result is not kept, which is told, and a claim is not released', async () => {
    await claim('a')
    outcomes = ['refused', 'lost', 'refused']
    expect(await claims.finish('a', { of: 'fingerprint', by: `${ID}.1`, reply: '1' }, 1_000)).to.equal(true)
    expect(told.map(({ message }) => message).join()).to.include('the result of a, which is not kept')
    const released = claims.giveUp('a', `${ID}.1`)
    while (claims.isReleasing) {
      await setImmediate()
      clock.advance(500)
    }
    await released
    expect(commands).to.have.lengthOf(4)
  })

  it('of servers that are gone are remembered up to a number', async () => {
    claims.abandon('a', 'server-id-02.7')
    for (let n = 0; n < 1_000; n++) claims.abandon(`${n}`, `server-id-02.${n}`)
    await claims.claim('a', claims.begin('a'), { ...CALL, mayRunTwice: true })
    await claims.claim('999', claims.begin('999'), { ...CALL, mayRunTwice: true })
    expect(commands.map((args) => args[6])).to.deep.equal(['', 'server-id-02.999'])
  })

  it('of no server are of none that is gone', () => {
    for (const by of ['', 'server-id-02', 'server-id-02.', 'server-id-02.x', 'short.1'])
      expect(claims.isAbandoned(by), by).to.equal(false)
  })

  it('of a server that is gone are taken over by calls that may run twice', async () => {
    const theirs = 'server-id-02.7'
    expect(claims.isAbandoned(theirs)).to.equal(true)
    expect(claims.isAbandoned('server-id-03.7')).to.equal(false)
    claims.abandon('a', theirs)
    await claim('a')
    claims.abandon('a', theirs)
    await claims.claim('a', claims.begin('a'), { ...CALL, mayRunTwice: true })
    expect(commands.map((args) => args[6])).to.deep.equal(['', theirs])
  })
})
