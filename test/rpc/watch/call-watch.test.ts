import { expect } from 'chai'
import { type CallRecord, readCallFilter, readCallRecord } from '../../../lib/rpc/watch/call-record.ts'
import { CallWatch, type EndedCall, MOST_A_SLICE, MOST_UNREAD } from '../../../lib/rpc/watch/call-watch.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { RECORD } from '../../wire/report-vectors.ts'

type Ended = Pick<EndedCall, 'outcome' | 'durationMs'>

const OK: Ended = { outcome: 'ok', durationMs: 1 }
const FAILED: Ended = { outcome: 'error', durationMs: 1 }

/** A watcher, and what ends calls. */
function watcher(filter = {}) {
  const clock = new ManualClock()
  const watch = new CallWatch(filter, () => {}, clock)
  return {
    watch,
    clock,
    later: (ms: number) => clock.advance(ms),
    show: (ended: Ended, method = 'add') =>
      watch.take({ ...ended, method, record: () => ({ ...RECORD, ...ended, method }) }),
    readAll: async () => {
      watch.end()
      const records: CallRecord[] = []
      for await (const record of watch) records.push(record)
      return records
    },
  }
}

describe('a watcher of calls', () => {
  it('gets a sample under load, whose records add up to the calls there were', async () => {
    const { show, later, readAll } = watcher()
    let calls = 0
    for (let slice = 0; slice < 5; slice++) {
      for (let i = 0; i < 1_000; i++, calls++) show(OK)
      later(100)
    }
    show(OK)
    const records = await readAll()
    expect(records).to.have.lengthOf(5 * MOST_A_SLICE + 2)
    expect(records.reduce((sum, { sampled }) => sum + sampled, 0)).to.equal(calls + 1)
  })

  it('sees the calls that fail among any number of those that succeed', async () => {
    const { show, readAll } = watcher()
    for (let i = 0; i < 1_000; i++) show(OK)
    for (let i = 0; i < 1_000; i++) show(FAILED)
    const failed = (await readAll()).filter(({ outcome }) => outcome === 'error')
    expect(failed.map(({ sampled }) => sampled)).to.deep.equal([...Array(MOST_A_SLICE).fill(1), 1_000 - MOST_A_SLICE])
  })

  it('holds a bounded number of records while nobody reads them', async () => {
    const { show, later, readAll } = watcher()
    for (let i = 0; i < 10 * MOST_UNREAD; i++) {
      show(OK)
      later(100)
    }
    const records = await readAll()
    expect(records).to.have.lengthOf(MOST_UNREAD + 1)
    expect(records.at(-1)?.sampled).to.equal(9 * MOST_UNREAD)
  })

  it('shows how many calls there were when no further one follows', async () => {
    const { show, later, watch, clock } = watcher()
    for (let i = 0; i < 1_000; i++) show(i < 100 ? FAILED : OK)
    for (let i = 0; i < 2 * MOST_A_SLICE; i++) await watch.next()
    later(100)
    const last = [await watch.next(), await watch.next()].map(({ value }) => value as CallRecord)
    expect(last.map(({ outcome, sampled }) => [outcome, sampled])).to.deep.equal([
      ['ok', 900 - MOST_A_SLICE],
      ['error', 100 - MOST_A_SLICE],
    ])
    expect(clock.pending).to.equal(0)
  })

  it('shows what it could not while its records were not read', async () => {
    const { show, later, watch, clock } = watcher()
    for (let i = 0; i < 2 * MOST_UNREAD; i++) {
      show(OK)
      later(100)
    }
    expect(clock.pending).to.equal(0)
    let sum = 0
    for (let i = 0; i < MOST_UNREAD; i++) sum += ((await watch.next()).value as CallRecord).sampled
    later(100)
    sum += ((await watch.next()).value as CallRecord).sampled
    expect(sum).to.equal(2 * MOST_UNREAD)
    await watch.return()
    expect(clock.pending).to.equal(0)
  })

  it('selects before it samples', async () => {
    const { show, readAll } = watcher({ method: 'add', failed: true, minDurationMs: 10 })
    for (let i = 0; i < 1_000; i++) {
      show({ ...FAILED, durationMs: 10 }, 'val')
      show({ ...FAILED, durationMs: 9 })
      show({ ...OK, durationMs: 10 })
    }
    show({ ...FAILED, durationMs: 10 })
    expect((await readAll()).map(({ sampled }) => sampled)).to.deep.equal([1])
  })

  it('ends several reads that wait at once', async () => {
    const { watch } = watcher()
    const reads = [watch.next(), watch.next()]
    await watch.return()
    expect(await Promise.all(reads)).to.deep.equal([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ])
  })
})

describe('the record of a call', () => {
  const full: CallRecord = { ...RECORD, error: { name: 'RangeError', code: 'E_NO', message: 'no' } }
  const { error: _, traceparent: __, ...least } = full

  it('is read as it was sent', () => {
    for (const record of [RECORD, full, least])
      expect(readCallRecord(JSON.parse(JSON.stringify(record)))).to.deep.equal(record)
  })

  it('is dropped when any of its fields is malformed', () => {
    const long = 'a'.repeat(2_000)
    const wrong: readonly object[] = [
      ...['at', 'durationMs', 'sampled'].flatMap((field) =>
        [-1, '1', null, undefined].map((value) => ({ ...full, [field]: value })),
      ),
      ...['server', 'method', 'caller'].flatMap((field) =>
        [1, long, undefined].map((value) => ({ ...full, [field]: value })),
      ),
      ...['access', 'kind', 'outcome'].flatMap((field) =>
        ['x', '__proto__', undefined].map((value) => ({ ...full, [field]: value })),
      ),
      { ...full, error: 'no' },
      { ...full, error: { name: 'a' } },
      { ...full, error: { name: 'a', message: long } },
      { ...full, error: { name: 'a', message: 'b', code: 1 } },
      { ...full, traceparent: 1 },
      [full],
    ]
    for (const record of wrong) expect(readCallRecord(record), JSON.stringify(record).slice(0, 300)).to.equal(undefined)
    for (const value of [null, undefined, 1, 'x']) expect(readCallRecord(value)).to.equal(undefined)
  })

  it('is selected by a filter that is checked', () => {
    expect(readCallFilter(undefined)).to.deep.equal({})
    const filter = { method: 'add', failed: true, minDurationMs: 0.5 }
    expect(readCallFilter({ ...filter, more: 1 })).to.deep.equal(filter)
    for (const wrong of [
      { method: 1 },
      { method: 'a'.repeat(2_000) },
      { failed: 1 },
      { minDurationMs: -1 },
      { minDurationMs: '1' },
    ])
      expect(() => readCallFilter(wrong), JSON.stringify(wrong).slice(0, 60)).to.throw('malformed')
  })
})
