import { expect } from 'chai'
import { type CallRecord, readCallFilter, readCallRecord } from '../../../lib/rpc/watch/call-record.ts'
import { CallWatch, type EndedCall, MOST_A_SLICE, MOST_UNREAD } from '../../../lib/rpc/watch/call-watch.ts'
import { RECORD } from '../../wire/report-vectors.ts'

const OK: EndedCall = { outcome: 'ok', durationMs: 1, thrown: undefined }
const FAILED: EndedCall = { outcome: 'error', durationMs: 1, thrown: new Error('no') }

/** A watcher, and what it shows of each call: how many calls the record represents, 0 where it shows none. */
function watcher(filter = {}) {
  let now = 0
  const watch = new CallWatch(
    filter,
    () => {},
    () => now,
  )
  return {
    watch,
    later: (ms: number) => {
      now += ms
    },
    show: (ended: EndedCall, method = 'add') => {
      const sampled = watch.sample(method, ended)
      if (sampled > 0) watch.add({ ...RECORD, outcome: ended.outcome, sampled })
      return sampled
    },
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
    expect(records).to.have.lengthOf(5 * MOST_A_SLICE + 1)
    expect(records.reduce((sum, { sampled }) => sum + sampled, 0)).to.equal(calls + 1)
  })

  it('sees the calls that fail among any number of those that succeed', async () => {
    const { show, readAll } = watcher()
    for (let i = 0; i < 1_000; i++) show(OK)
    expect(show(FAILED)).to.equal(1)
    for (let i = 0; i < 1_000; i++) show(FAILED)
    const failed = (await readAll()).filter(({ outcome }) => outcome === 'error')
    expect(failed).to.have.lengthOf(MOST_A_SLICE)
    expect(failed.every(({ sampled }) => sampled === 1)).to.equal(true)
  })

  it('holds a bounded number of records while nobody reads them', async () => {
    const { show, later, readAll } = watcher()
    for (let i = 0; i < 10 * MOST_UNREAD; i++) {
      show(OK)
      later(100)
    }
    expect(await readAll()).to.have.lengthOf(MOST_UNREAD)
  })

  it('selects before it samples', () => {
    const { show } = watcher({ method: 'add', failed: true, minDurationMs: 10 })
    for (let i = 0; i < 1_000; i++) {
      expect(show({ ...FAILED, durationMs: 10 }, 'val')).to.equal(0)
      expect(show({ ...FAILED, durationMs: 9 })).to.equal(0)
      expect(show({ ...OK, durationMs: 10 })).to.equal(0)
    }
    expect(show({ ...FAILED, durationMs: 10 })).to.equal(1)
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
