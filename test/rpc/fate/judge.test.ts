import { expect } from 'chai'
import { type AskedCall, judge, type SeenServer, type Testimony, type Verdict } from '../../../lib/rpc/fate/judge.ts'

/** It was sent when one look at the table of servers was complete. */
const CALL: AskedCall = { look: 1, sentAt: 1_000, isPushSettled: true, isRepeatable: false }
const NEVER = Number.POSITIVE_INFINITY

function server(id: string, more: Partial<SeenServer> = {}): SeenServer {
  return { id, firstLook: 1, state: 'live', goneLook: NEVER, goneAt: NEVER, ...more }
}

/** What each server says; `undefined`: it has not answered. */
type Said = readonly [server: SeenServer, testimony: Testimony | undefined]

function verdict(said: readonly Said[], call: Partial<AskedCall> = {}): Verdict {
  const testimonies = new Map(said.flatMap(([{ id }, testimony]) => (testimony ? [[id, testimony] as const] : [])))
  return judge(
    { ...CALL, ...call },
    said.map(([each]) => each),
    testimonies,
  )
}

const witness: Said = [server('witness'), 'unknown']
const late: Said = [server('late', { firstLook: 2 }), 'unknown']
const silent: Said = [server('silent'), undefined]
const missing: Said = [server('missing', { state: 'missing' }), undefined]
const left: Said = [server('left', { state: 'left', goneLook: 2 }), undefined]
const lost: Said = [server('lost', { state: 'lost' }), undefined]
const leftBefore: Said = [server('leftBefore', { state: 'left', goneLook: 1 }), undefined]
const lostBefore: Said = [server('lostBefore', { state: 'lost', goneAt: 999 }), undefined]
const running: Said = [server('running'), 'running']
const answered: Said = [server('answered'), 'answered']
const done: Said = [server('done'), 'done']
const forgotten: Said = [server('forgotten'), 'forgotten']
const here: Said = [server('here'), 'unknown-here']

describe('what becomes of a call that is not in its list', () => {
  const cases: readonly [what: string, said: readonly Said[], expected: Verdict][] = [
    ['a server runs it', [running, witness, lost], 'wait'],
    ['a server has sent its reply again', [answered, witness, lost], 'wait'],
    ['a server does not answer', [silent, done, lost], 'wait'],
    ['a server is missing and does not answer', [missing, witness], 'wait'],
    ['it ran and its reply is gone', [done, witness, lost], 'answer-lost'],
    ['a server died', [witness, lost, left], 'server-lost'],
    ['a server has left', [witness, left], 'answer-lost'],
    ['a server may have forgotten it', [witness, forgotten], 'wait'],
    ['no server knows of all others', [here, late], 'wait'],
    ['there is no server', [], 'wait'],
    ['one that has met all others never had it', [witness, here, late], 'resend'],
    ['only servers had it that were gone before it was sent', [witness, leftBefore, lostBefore], 'resend'],
  ]
  for (const [what, said, expected] of cases)
    it(`is ${expected} when ${what}`, () => {
      for (const order of [said, said.toReversed()]) expect(verdict(order)).to.equal(expected)
    })

  it('is nothing yet while its push may still arrive', () => {
    expect(verdict([witness], { isPushSettled: false })).to.equal('wait')
  })

  it('is resend wherever it may run twice, unless a server has it or may still say so', () => {
    for (const said of [[done], [lost], [left], [forgotten], [here], []])
      expect(verdict(said, { isRepeatable: true, isPushSettled: false })).to.equal('resend')
    for (const said of [[running], [answered], [silent], [missing]])
      expect(verdict([...said, lost], { isRepeatable: true })).to.equal('wait')
  })
})
