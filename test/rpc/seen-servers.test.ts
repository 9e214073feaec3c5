import { expect } from 'chai'
import { SeenServers } from '../../lib/rpc/seen-servers.ts'
import type { TableEntry, TableLook } from '../../lib/rpc/server-table.ts'

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
})
