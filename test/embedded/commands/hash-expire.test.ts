import { expect } from 'chai'
import fc from 'fast-check'
import { Registry } from '../../../lib/embedded/catalog/registry.ts'
import { COMMANDS } from '../../../lib/embedded/commands/all.ts'
import { Config } from '../../../lib/embedded/config/config.ts'
import type { Caller } from '../../../lib/embedded/engine/caller.ts'
import { Engine } from '../../../lib/embedded/engine/engine.ts'
import { call } from '../../../lib/embedded/engine/execute.ts'
import { ErrorReply, MapReply, type Reply, Status } from '../../../lib/embedded/resp/value.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const NOW = 1_700_000_000_000
/** The replies for a field. */
const NO_FIELD = -2
const NO_EXPIRY = -1
const NOT_NOW = 0
const SET = 1
const DELETED = 2

describe('fields of hashes that expire', () => {
  let clock: ManualClock
  let engine: Engine
  let client: Caller
  let writes: string[]

  beforeEach(() => {
    clock = new ManualClock(NOW)
    engine = new Engine(clock, new Config(), new Registry(COMMANDS), () => {})
    client = engine.connect()
    writes = []
    engine.propagation.subscribe((unit) => {
      for (const { argv } of unit) writes.push(argv.join(' '))
    })
  })

  afterEach(() => engine.close())

  function run(line: string): unknown {
    const argv = line.split(' ')
    const command = engine.commands.find(argv[0]!, argv[1])
    return plain(engine.unit(() => call(client, command!, argv)))
  }

  it('are gone when their time has come, by themselves or when asked for', () => {
    run('HSET h a 1 b 2 c 3')
    expect(run('HPEXPIRE h 100 FIELDS 2 a b')).to.deep.equal([SET, SET])
    engine.sweep.stop()
    clock.advance(100)
    expect(run('HLEN h')).to.equal(3)
    clock.advance(1)
    expect(run('HGETALL h')).to.deep.equal(['c', '3'])
    expect(run('HEXISTS h a')).to.equal(0)
    engine.sweep.start()
    run('HPEXPIRE h 100 FIELDS 1 c')
    clock.advance(101)
    expect(engine.databases[0]!.size).to.equal(0)
    expect(clock.pending).to.equal(0)
    expect(writes).to.deep.equal([
      'HSET h a 1 b 2 c 3',
      `HPEXPIREAT h ${NOW + 100} FIELDS 2 a b`,
      'HDEL h a b',
      `HPEXPIREAT h ${NOW + 201} FIELDS 1 c`,
      'HDEL h c',
    ])
  })

  it('answer with what became of each field', () => {
    expect(run('HEXPIRE none 10 FIELDS 2 a b')).to.deep.equal([NO_FIELD, NO_FIELD])
    run('HSET h a 1 b 2 c 3')
    expect(run('HEXPIRE h 10 FIELDS 2 a nope')).to.deep.equal([SET, NO_FIELD])
    expect(run('HEXPIRE h 20 NX FIELDS 2 a b')).to.deep.equal([NOT_NOW, SET])
    expect(run('HEXPIRE h 15 GT FIELDS 3 a b c')).to.deep.equal([SET, NOT_NOW, NOT_NOW])
    expect(run('HEXPIRE h 15 LT FIELDS 3 a b c')).to.deep.equal([NOT_NOW, SET, SET])
    expect(run('HEXPIRE h 30 xx FIELDS 1 c')).to.deep.equal([SET])
    expect(run('HPTTL h FIELDS 4 a b c nope')).to.deep.equal([15_000, 15_000, 30_000, NO_FIELD])
    expect(run('HTTL h FIELDS 1 a')).to.deep.equal([15])
    clock.advance(1)
    expect(run('HTTL h FIELDS 1 a')).to.deep.equal([15])
    expect(run('HEXPIRETIME h FIELDS 1 a')).to.deep.equal([NOW / 1000 + 15])
    expect(run('HPEXPIRETIME h FIELDS 1 a')).to.deep.equal([NOW + 15_000])
    expect(run('HPERSIST h FIELDS 2 a a')).to.deep.equal([SET, NO_EXPIRY])
    expect(run('HTTL h FIELDS 2 a nope')).to.deep.equal([NO_EXPIRY, NO_FIELD])
    expect(run('HEXPIREAT h 1 FIELDS 2 a b')).to.deep.equal([DELETED, DELETED])
    expect(run('HPEXPIRE h 0 FIELDS 1 c')).to.deep.equal([DELETED])
    expect(run('EXISTS h')).to.equal(0)
    expect(writes.slice(-3)).to.deep.equal(['HDEL h a', 'HDEL h b', 'HDEL h c'])
  })

  it('stay for good once they are set anew, but not when they are counted up', () => {
    run('HSET h a 1 b 1 c 1')
    run('HEXPIRE h 10 FIELDS 3 a b c')
    run('HSET h a 2')
    run('HINCRBY h b 1')
    run('HINCRBYFLOAT h c 1')
    expect(run('HTTL h FIELDS 3 a b c')).to.deep.equal([NO_EXPIRY, 10, 10])
  })

  it('take their expiry along to another key, or lose it with the key', () => {
    run('HSET h a 1 b 2')
    run('HEXPIRE h 10 FIELDS 1 a')
    run('COPY h copied')
    run('RENAME h moved')
    run('HSET other x 1')
    run('HEXPIRE other 10 FIELDS 1 x')
    run('SET other v')
    clock.advance(10_001)
    expect(run('HGETALL copied')).to.deep.equal(['b', '2'])
    expect(run('HGETALL moved')).to.deep.equal(['b', '2'])
    expect(run('GET other')).to.equal('v')
    expect(clock.pending).to.equal(0)
  })

  const PROBLEMS: readonly (readonly [command: string, text: string])[] = [
    ['HEXPIRE s 10 FIELDS 1 a', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['HEXPIRE h x FIELDS 1 a', 'ERR value is not an integer or out of range'],
    ['HEXPIRE h -1 FIELDS 1 a', 'ERR invalid expire time, must be >= 0'],
    ['HEXPIRE h 9223372036854775807 FIELDS 1 a', "ERR invalid expire time in 'hexpire' command"],
    ['HPEXPIREAT h 70368744177664 FIELDS 1 a', "ERR invalid expire time in 'hpexpireat' command"],
    ['HEXPIRE h 10 WHAT 1 a', 'ERR Mandatory argument FIELDS is missing or not at the right position'],
    ['HEXPIRE h 10 NX GT FIELDS 1 a', 'ERR Mandatory argument FIELDS is missing or not at the right position'],
    ['HEXPIRE h 10 FIELDS 0 a', 'ERR Parameter `numFields` should be greater than 0'],
    ['HEXPIRE h 10 FIELDS 2 a', 'ERR The `numfields` parameter must match the number of arguments'],
    ['HEXPIRE h 10 NX FIELDS 1', 'ERR The `numfields` parameter must match the number of arguments'],
    ['HTTL h FIELD 1 a', 'ERR Mandatory argument FIELDS is missing or not at the right position'],
    ['HTTL h FIELDS x a', 'ERR Number of fields must be a positive integer'],
    ['HPERSIST h FIELDS 1 a b', 'ERR The `numfields` parameter must match the number of arguments'],
  ]

  for (const [command, text] of PROBLEMS) {
    it(`refuses ${command}`, () => {
      run('HSET h a 1')
      run('SET s v')
      expect(run(command)).to.equal(text)
    })
  }

  it('are never more or fewer than a simple model says', () => {
    const field = fc.constantFrom('a', 'b', 'c', 'd')
    const step = fc.oneof(
      fc.record({ set: field }),
      fc.record({ remove: field }),
      fc.record({ expire: field, ms: fc.integer({ min: 0, max: 50 }) }),
      fc.record({ persist: field }),
      fc.record({ wait: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ rename: fc.constant(true) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), fc.boolean(), (steps, sweeping) => {
        run('FLUSHALL')
        if (sweeping) engine.sweep.start()
        else engine.sweep.stop()
        let model = new Map<string, number>()
        for (const drawn of steps) {
          if ('set' in drawn) {
            run(`HSET h ${drawn.set} v`)
            model.set(drawn.set, Infinity)
          } else if ('remove' in drawn) {
            run(`HDEL h ${drawn.remove}`)
            model.delete(drawn.remove)
          } else if ('expire' in drawn) {
            run(`HPEXPIRE h ${drawn.ms} FIELDS 1 ${drawn.expire}`)
            if (drawn.ms === 0) model.delete(drawn.expire)
            else if (model.has(drawn.expire)) model.set(drawn.expire, clock.now() + drawn.ms)
          } else if ('persist' in drawn) {
            run(`HPERSIST h FIELDS 1 ${drawn.persist}`)
            if (model.has(drawn.persist)) model.set(drawn.persist, Infinity)
          } else if ('wait' in drawn) {
            clock.advance(drawn.wait)
            model = new Map([...model].filter(([, at]) => at >= clock.now()))
          } else if (run('EXISTS h') === 1) {
            run('RENAME h i')
            run('RENAME i h')
          }
          if (sweeping) expect(engine.databases[0]!.size).to.equal(model.size === 0 ? 0 : 1)
          expect([...(run('HKEYS h') as string[])].sort()).to.deep.equal([...model.keys()].sort())
        }
      }),
      { numRuns: 150 },
    )
  })
})

function plain(reply: Reply): unknown {
  if (reply instanceof ErrorReply || reply instanceof Status) return reply.text
  if (reply instanceof MapReply) return reply.flat
  return reply
}
