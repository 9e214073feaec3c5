import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { BusyError, type CallRecord, ReferenceLimitError } from 'redis-object-rpc'
import { CallFeed, type CallFeedOptions, MOST_BUFFERED } from '../../../lib/rpc/watch/call-feed.ts'
import { deferred } from '../../../lib/util/deferred.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { rejection } from '../../helpers/pair.ts'
import { RECORD } from '../../wire/report-vectors.ts'

function feed(options: Partial<CallFeedOptions>) {
  const clock = new ManualClock()
  const watched = new CallFeed({
    service: 'calc',
    findServers: async () => ['a'],
    ask: async () => (async function* () {})(),
    signal: undefined,
    clock,
    open: new Set(),
    ...options,
  })
  return { clock, watched }
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
    const { watched } = feed({ findServers: async () => servers, ask: async (server) => endless(server) })
    let read = 0
    for (; read < 1_000; read++) {
      await watched.next()
      await turn()
    }
    expect(sent - read).to.be.at.most(MOST_BUFFERED + servers.length)
    await watched.return()
  })

  it('are not asked for by a reader that has left while servers were looked for', async () => {
    const found = deferred<string[]>()
    const asked: string[] = []
    const { watched, clock } = feed({
      findServers: () => found.promise,
      ask: async (server) => {
        asked.push(server)
      },
    })
    const next = watched.next()
    await watched.return()
    found.resolve(['a'])
    expect(await next).to.deep.equal({ done: true, value: undefined })
    await turn()
    expect(asked).to.deep.equal([])
    expect(clock.pending).to.equal(0)
  })

  it('count as open only while they are read', async () => {
    const open = new Set<CallFeed>()
    const { watched } = feed({ open })
    expect(open.size).to.equal(0)
    const next = watched.next()
    expect([...open]).to.deep.equal([watched])
    await watched.return()
    expect(await next).to.deep.equal({ done: true, value: undefined })
    expect(open.size).to.equal(0)
  })

  for (const error of [
    new BusyError('calc', 'it has 32 watchers already'),
    new ReferenceLimitError('maxStreams', 0, 'the server of calc'),
  ])
    it(`end with a ${error.name} when no server shows any`, async () => {
      const { watched, clock } = feed({ ask: () => Promise.reject(error) })
      expect(await rejection(watched.next())).to.equal(error)
      expect(clock.pending).to.equal(0)
    })
})
