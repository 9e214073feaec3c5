import { expect } from 'chai'
import { KNOWN_MS, MetServers } from '../../../lib/rpc/presence/met-servers.ts'
import type { TableEntry } from '../../../lib/rpc/presence/server-table.ts'

const OWN = 'own---------'
const OTHER = 'other-------'
const LEASE_MS = 5_000

function entry(id: string, score: number, leaseMs = LEASE_MS): TableEntry {
  return { id, leaseMs, life: '', connections: [], score }
}

describe('the other servers that a server has met', () => {
  const make = (onTooMany: (now: number) => void = () => expect.fail('too many')) =>
    new MetServers(OWN, LEASE_MS, onTooMany)

  it('are not itself', () => {
    const met = make()
    met.meet(OWN, 0)
    met.observe({ now: 0, entries: [entry(OWN, LEASE_MS), entry(OTHER, LEASE_MS)], junk: 0 }, 0)
    expect(met.list(100)).to.deep.equal([[OTHER, 100, -1]])
    expect(met.isGone(OWN, 0, 1_000_000)).to.equal(false)
  })

  it('are gone once they have left, or their lease has run out on both clocks', () => {
    const met = make()
    met.observe({ now: 0, entries: [entry(OTHER, LEASE_MS)], junk: 0 }, 0)
    met.observe({ now: LEASE_MS + 1, entries: [entry(OTHER, LEASE_MS)], junk: 0 }, 100)
    expect(met.isGone(OTHER, 0, 100), 'the clock of Redis was set').to.equal(false)
    met.observe({ now: 2 * LEASE_MS, entries: [entry(OTHER, LEASE_MS)], junk: 0 }, LEASE_MS)
    expect(met.isGone(OTHER, 0, LEASE_MS)).to.equal(true)
    expect(met.list(LEASE_MS + 7)).to.deep.equal([[OTHER, LEASE_MS + 7, 7]])
    met.observe({ now: 2 * LEASE_MS, entries: [entry(OTHER, 3 * LEASE_MS)], junk: 0 }, LEASE_MS)
    expect(met.isGone(OTHER, 0, LEASE_MS), 'it has come back').to.equal(false)
    met.observe({ now: 2 * LEASE_MS, entries: [entry(OTHER, -2 * LEASE_MS)], junk: 0 }, LEASE_MS)
    expect(met.isGone(OTHER, 0, LEASE_MS)).to.equal(true)
  })

  it('that are in no table count as gone only a lease later, since it may have been emptied', () => {
    const met = make()
    expect(met.isGone(OTHER, 0, LEASE_MS), 'never seen').to.equal(false)
    expect(met.isGone(OTHER, 0, LEASE_MS + 1)).to.equal(true)
    met.observe({ now: 0, entries: [entry(OTHER, 20_000, 20_000)], junk: 0 }, 0)
    met.observe({ now: 0, entries: [], junk: 0 }, 20_000)
    expect(met.isGone(OTHER, 0, 20_000)).to.equal(false)
    expect(met.isGone(OTHER, 0, 20_001)).to.equal(true)
  })

  it('are forgotten when they have not been seen for long', () => {
    const met = make()
    met.meet(OTHER, 0)
    met.observe({ now: 0, entries: [], junk: 0 }, KNOWN_MS)
    expect(met.list(KNOWN_MS)).to.have.lengthOf(1)
    met.observe({ now: 0, entries: [], junk: 0 }, KNOWN_MS + 1)
    expect(met.list(KNOWN_MS + 1)).to.deep.equal([])
  })

  it('are a thousand: of one more nothing is known, which may be there or not', () => {
    const tooMany: number[] = []
    const met = make((now) => void tooMany.push(now))
    for (let n = 0; n < 1_000; n++) met.meet(`${n}`.padStart(12, '-'), 0)
    met.meet(OTHER, 5)
    expect(tooMany).to.deep.equal([5])
    expect(met.list(0)).to.have.lengthOf(1_000)
    expect(met.isGone(OTHER, 0, 1_000_000)).to.equal(false)
  })
})
