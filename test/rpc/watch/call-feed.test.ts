import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { BusyError, type CallRecord, MethodNotFoundError, ReferenceLimitError } from 'redis-object-rpc'
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

  it('are asked for again where they were refused for now, and where what came was no stream', async () => {
    const answers = new Map<string, (() => Promise<unknown>)[]>([
      ['busy', [() => Promise.reject(new BusyError('calc', 'too many'))]],
      ['old', [() => Promise.reject(new MethodNotFoundError('rpc.watch', 'calc'))]],
      ['odd', [async () => 'no stream']],
    ])
    const asked: string[] = []
    const forever = deferred<never>()
    let servers = ['good', 'busy', 'old', 'odd']
    const { watched, clock } = feed({
      findServers: async () => servers,
      ask: (server) => {
        asked.push(server)
        const next = answers.get(server)?.shift()
        return (
          next?.() ??
          Promise.resolve(
            (async function* () {
              yield await forever.promise
            })(),
          )
        )
      },
    })
    const next = watched.next()
    const look = async (): Promise<string[]> => {
      for (let turns = 0; turns < 20; turns++) await turn()
      return asked.splice(0).sort()
    }
    expect(await look()).to.deep.equal(['busy', 'good', 'odd', 'old'])
    clock.advance(10_000)
    expect(await look(), 'one that has no watches is not asked again').to.deep.equal(['busy', 'odd'])
    servers = ['good']
    clock.advance(10_000)
    expect(await look()).to.deep.equal([])
    servers = ['good', 'old']
    clock.advance(10_000)
    expect(await look(), 'it has come back').to.deep.equal(['old'])
    const left = watched.return()
    forever.reject(new Error('gone'))
    await left
    expect(await next).to.deep.equal({ done: true, value: undefined })
    expect(clock.pending).to.equal(0)
  })

  it('are not given to a reader that has left while there was no room for more', async () => {
    async function* endless(): AsyncGenerator<CallRecord> {
      for (;;) yield { ...RECORD, server: 'a' }
    }
    const { watched } = feed({ ask: async () => endless() })
    await watched.next()
    for (let turns = 0; turns < 2 * MOST_BUFFERED; turns++) await turn()
    await watched.return()
    expect(await watched.next()).to.deep.equal({ done: true, value: undefined })
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
