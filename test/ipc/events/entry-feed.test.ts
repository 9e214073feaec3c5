import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { ConnectionError } from 'redis-object-rpc/ipc'
import { EntryFeed } from '../../../lib/ipc/events/entry-feed.ts'
import type { EventEntry } from '../../../lib/ipc/events/event.ts'
import { PATIENT } from '../../../lib/ipc/options.ts'
import { Reader } from '../../../lib/ipc/reader/reader.ts'
import { type Deferred, deferred } from '../../../lib/util/deferred.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

type Reply = [key: string, entries: EventEntry[]][] | null

describe('feed of entries', () => {
  it('never reads twice from one position, whoever asks', async () => {
    const clock = new ManualClock()
    const looks: Deferred<Reply>[] = []
    const waits: Deferred<Reply>[] = []
    const reply = (into: Deferred<Reply>[]) => {
      const one = deferred<Reply>()
      into.push(one)
      return one.promise
    }
    const commands = {
      connection: { observe() {}, failure: undefined },
      run: () => reply(looks),
      toError: async (error: unknown) => error,
      close() {},
    }
    const options = {
      name: 'events',
      from: '0',
      batchSize: 10,
      commands: commands as never,
      blocking: { read: () => reply(waits), close() {} } as never,
      clock,
      onError: () => {},
    }
    const reader = new Reader<EventEntry>(
      { ...options, drainTimeoutMs: 0 },
      (consumers) => new EntryFeed(options, consumers),
    )
    const waiting = reader.wait(PATIENT)
    await setImmediate()
    looks[0]?.resolve(null)
    await setImmediate()
    waits[0]?.reject(new ConnectionError('refused'))
    await setImmediate()

    const now = reader.wait({ timeoutMs: 0, signal: undefined, patient: false })
    await setImmediate()
    clock.advance(200)
    await setImmediate()
    expect([looks.length, waits.length]).to.deep.equal([2, 1])

    looks[1]?.resolve([['events', [['1-0', ['content', '1']]]]])
    expect(await waiting).to.deep.equal(['1-0', ['content', '1']])
    expect(await now).to.equal(undefined)
    await setImmediate()
    expect([looks.length, waits.length]).to.deep.equal([2, 1])
    await reader.close()
  })
})
