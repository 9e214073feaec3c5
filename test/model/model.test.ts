import { expect } from 'chai'
import { type AskedCall, judge, type SeenServer, type Testimony } from '../../lib/rpc/fate/judge.ts'
import { checks, NEEDED_FOR, rulesNeeded, run, withoutRule } from './checks.ts'
import { ALL_RULES, type Rules } from './rules.ts'

/** Rules that no run within three faults needs, and why they are there. */
const NOT_NEEDED: Readonly<Partial<Record<keyof Rules, string>>> = {
  helloRepeats: 'off it does no harm within three faults',
  tellsGone: 'it is for the caller, who would be told of a server that was lost long before the call',
  helloWaitsForALease: 'off: the table may be believed, as a witness vouches only after a lease',
  helloIgnoresConnections: 'off: the shortcut is safe for the same reason',
}

describe('the protocol that asks after calls', () => {
  for (const check of checks.quick) {
    it(`keeps ${check.title}`, () => {
      const { counterexample, stuck, isComplete, states } = run(check)
      expect(counterexample?.join('\n')).to.equal(undefined)
      expect(stuck?.join('\n')).to.equal(undefined)
      expect(isComplete).to.equal(true)
      expect(states).to.be.greaterThan(500)
    })
  }

  // `npm run model` looks for the rest.
  for (const name of rulesNeeded.quick) {
    it(`runs a call twice without the rule ${name}`, () => {
      const { counterexample } = run(withoutRule(name))
      expect(counterexample?.at(-1)).to.match(/begins c\d, which was begun before \(I1\)$/)
    })
  }

  it('has a reason for every rule', () => {
    expect([...Object.keys(NEEDED_FOR), ...Object.keys(NOT_NEEDED)].sort()).to.deep.equal(Object.keys(ALL_RULES).sort())
  })

  // The model takes a call out of a round as soon as a server says so.
  it('waits when a server runs the call or has sent its reply again, whatever the others say', () => {
    const others: (Testimony | undefined)[] = ['unknown', 'unknown-here', 'forgotten', 'done', undefined]
    for (const isRepeatable of [false, true]) {
      for (const isPushSettled of [false, true]) {
        for (const holds of ['running', 'answered'] as const) {
          for (const other of others) {
            const call: AskedCall = { look: 1, sentAt: 1, isRepeatable, isPushSettled }
            const testimonies = new Map<string, Testimony>([['a', holds]])
            if (other !== undefined) testimonies.set('b', other)
            expect(judge(call, [seen('a', 'lost'), seen('b', 'live')], testimonies)).to.equal('wait')
          }
        }
      }
    }
  })
})

function seen(id: string, state: SeenServer['state']): SeenServer {
  return { id, state, firstLook: 1, goneLook: Number.POSITIVE_INFINITY, goneAt: Number.POSITIVE_INFINITY }
}
