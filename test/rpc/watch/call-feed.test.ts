import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import type { CallRecord } from 'redis-object-rpc'
import { CallFeed, type CallFeedOptions, MOST_UNREAD } from '../../../lib/rpc/watch/call-feed.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { RECORD } from '../../wire/report-vectors.ts'

function feed(options: Partial<CallFeedOptions>) {
  return new CallFeed({
    service: 'calc',
    findServers: async () => ['a'],
    ask: async () => (async function* () {})(),
    signal: undefined,
    clock: new ManualClock(),
    onOver: () => {},
    ...options,
  })
}

describe('the calls of several servers', () => {
  it('are held in a bounded number, however slowly they are read', async () => {
    const servers = ['a', 'b', 'c', 'd', 'e']
    let sent = 0
    async function* endless(server: string): AsyncGenerator<CallRecord> {
      for (;;) {
        sent++
        yield { ...RECORD, server }
      }
    }
    const watched = feed({ findServers: async () => servers, ask: async (server) => endless(server) })
    let read = 0
    for (; read < 1_000; read++) {
      await watched.next()
      await turn()
    }
    expect(sent - read).to.be.at.most(MOST_UNREAD + servers.length)
    await watched.return()
  })
})
