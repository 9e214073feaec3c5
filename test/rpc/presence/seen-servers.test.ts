import { expect } from 'chai'
import { SeenServers } from '../../../lib/rpc/presence/seen-servers.ts'
import type { TableEntry, TableLook } from '../../../lib/rpc/presence/server-table.ts'

const LEASE_MS = 5_000
const MOST_SERVERS = 1_000

function entry(id: string, score: number): TableEntry {
  return { id: id.padEnd(12, '-'), leaseMs: LEASE_MS, life: '', connections: [], score }
}

describe('what a client has seen of servers', () => {
  for (const [what, forged] of [
    ['members that are no servers', { entries: [], junk: MOST_SERVERS }],
    ['servers that are none', { entries: Array.from({ length: MOST_SERVERS }, (_, n) => entry(`${n}`, -1)), junk: 0 }],
  ] as const) {
    it(`does not make a server lost that a table full of ${what} hides`, () => {
      const servers = new SeenServers()
      const honest = entry('honest', LEASE_MS)
      const shown: TableLook = { now: 0, entries: [honest], junk: 0 }
      servers.look(shown, 0, -LEASE_MS)
      for (let now = 1_000; now <= 10 * LEASE_MS; now += 1_000) servers.look({ now, ...forged }, now, -LEASE_MS)
      expect(servers.askable).to.include(honest.id)
      expect(servers.noneSince).to.equal(undefined)
    })
  }

  it('does not vouch for calls while a full table may hide who has them, nor soon after', () => {
    const servers = new SeenServers()
    servers.look({ now: 0, entries: [entry('honest', LEASE_MS)], junk: 0 }, 0, -LEASE_MS)
    expect(servers.isComplete).to.equal(true)
    servers.look({ now: 1_000, entries: [], junk: MOST_SERVERS }, 1_000, -LEASE_MS)
    expect(servers.isComplete).to.equal(false)
    servers.look({ now: 2_000, entries: [], junk: 0 }, 2_000, -LEASE_MS)
    expect(servers.isComplete).to.equal(false)
    servers.look({ now: 1_000_000, entries: [], junk: 0 }, 1_000_000, -LEASE_MS)
    expect(servers.isComplete).to.equal(true)
  })

  it('takes a member whose lease is longer than any for no server', () => {
    const servers = new SeenServers()
    const forged = entry('forged', 10 ** 15)
    servers.look({ now: 0, entries: [forged], junk: 0 }, 0, -LEASE_MS)
    expect([servers.live, servers.noneSince]).to.deep.equal([[], 0])
    const honest = entry('honest', LEASE_MS)
    servers.look({ now: 1_000, entries: [honest, forged], junk: 0 }, 1_000, -LEASE_MS)
    expect(servers.live).to.deep.equal([honest.id])
  })

  it('may be asked as long as the lease of one of them lasts, in the table or missing there', () => {
    const servers = new SeenServers()
    expect(servers.mayAnswerAt(0)).to.equal(false)
    servers.look({ now: 0, entries: [entry('one', LEASE_MS), entry('gone', -1)], junk: 0 }, 0, -LEASE_MS)
    expect([servers.mayAnswerAt(LEASE_MS - 1), servers.mayAnswerAt(LEASE_MS)]).to.deep.equal([true, false])
    servers.look({ now: 1_000, entries: [], junk: 0 }, 1_000, -LEASE_MS)
    expect([servers.mayAnswerAt(LEASE_MS), servers.mayAnswerAt(1_000 + LEASE_MS)]).to.deep.equal([true, false])
  })

  it('is what others say of them: one that they know to be gone, one that was taken for dead and is back', () => {
    const servers = new SeenServers()
    servers.look({ now: 0, entries: [entry('one', LEASE_MS)], junk: 0 }, 0, -LEASE_MS)
    servers.hear('unseen'.padEnd(12, '-'), -50_000, -100, 0)
    const unseen = [...servers.all].find(({ id }) => id.startsWith('unseen'))
    expect(unseen).to.include({ state: 'lost', goneAt: -100, goneLook: Number.POSITIVE_INFINITY })
    servers.hear('joining'.padEnd(12, '-'), 0, Number.POSITIVE_INFINITY, 0)
    expect(servers.askable).to.include('joining'.padEnd(12, '-'))
    const { id } = entry('one', 0)
    for (let now = 1_000; now <= 20_000; now += 1_000)
      servers.look({ now, entries: [entry('one', LEASE_MS)], junk: 0 }, now, -LEASE_MS)
    expect(servers.lost.map((each) => each.id)).to.deep.equal([id])
    servers.hear(id, 1_000, Number.POSITIVE_INFINITY, 20_000)
    expect(servers.askable, 'that hello is older than its end').to.not.include(id)
    servers.hear(id, 20_000, Number.POSITIVE_INFINITY, 20_000)
    expect(servers.askable).to.include(id)
  })

  it('is forgotten of those that are gone, after longer than others report them', () => {
    const servers = new SeenServers()
    servers.look({ now: 0, entries: [entry('one', -1)], junk: 0 }, 0, -LEASE_MS)
    servers.look({ now: 900_000, entries: [], junk: 0 }, 900_000, -LEASE_MS)
    expect([...servers.all]).to.have.lengthOf(1)
    servers.look({ now: 900_001, entries: [], junk: 0 }, 900_001, -LEASE_MS)
    expect([...servers.all]).to.deep.equal([])
  })

  it('is of a thousand at most', () => {
    const servers = new SeenServers()
    servers.look({ now: 0, entries: [], junk: 0 }, 0, -LEASE_MS)
    for (let n = 0; n < 1_001; n++) servers.hear(`${n}`.padStart(12, '-'), 0, Number.POSITIVE_INFINITY, 0)
    servers.look({ now: 0, entries: [entry('more', LEASE_MS)], junk: 0 }, 0, -LEASE_MS)
    expect([...servers.all]).to.have.lengthOf(1_000)
    expect(servers.isComplete).to.equal(false)
  })

  it('goes on with a server whose lease looks too long since the clock of Redis was set back', () => {
    const servers = new SeenServers()
    const hour = 3_600_000
    servers.look({ now: hour, entries: [entry('honest', hour + LEASE_MS)], junk: 0 }, 0, -LEASE_MS)
    servers.look({ now: 0, entries: [entry('honest', hour + LEASE_MS)], junk: 0 }, 1_000, -LEASE_MS)
    expect(servers.live).to.have.length(1)
  })
})
