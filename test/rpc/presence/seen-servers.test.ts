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

  it('goes on with a server whose lease looks too long since the clock of Redis was set back', () => {
    const servers = new SeenServers()
    const hour = 3_600_000
    servers.look({ now: hour, entries: [entry('honest', hour + LEASE_MS)], junk: 0 }, 0, -LEASE_MS)
    servers.look({ now: 0, entries: [entry('honest', hour + LEASE_MS)], junk: 0 }, 1_000, -LEASE_MS)
    expect(servers.live).to.have.length(1)
  })
})
