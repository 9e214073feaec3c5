import { expect } from 'chai'
import { CallMeter } from '../../../lib/rpc/meter/call-meter.ts'
import {
  LONGEST_TEXTS,
  MOST_ERRORS,
  readServerReport,
  type ServerReport,
} from '../../../lib/rpc/meter/server-report.ts'
import { CallWatches } from '../../../lib/rpc/watch/call-watches.ts'
import { DEFAULT_LIMITS } from '../../../lib/wire/limits.ts'
import { type Request, readRequest } from '../../../lib/wire/message.ts'
import { REPORT } from '../../wire/report-vectors.ts'

function request(name: string, more: object = {}, on?: number): Request {
  const text = JSON.stringify({
    function_call: { name, args: [], ...(on !== undefined && { on }) },
    ...more,
    response_queue: 'calc:rpc:x',
    id: 1,
  })
  return readRequest(text, DEFAULT_LIMITS)
}

function reportOf(meter: CallMeter): ServerReport {
  const report = { id: 'JJgfjfgbIgOZ', at: 2, started: 1, ...meter.report([]) }
  const read = readServerReport(JSON.parse(JSON.stringify(report)))
  expect(read, 'what is sent is what is read').to.deep.equal(report)
  return report
}

describe('the report of a server', () => {
  it('counts by exposed names, and everything else as one', () => {
    const meter = new CallMeter(['add', 'users.find'], true, new CallWatches('calc', 'JJgfjfgbIgOZ'))
    for (const [name, on] of [
      ['add'],
      ['users.find'],
      ['__proto__'],
      ['toString'],
      ['add', 5],
      ['rpc.pipe'],
    ] as const) {
      const call = request(name, {}, on)
      meter.begin(call)
      meter.succeeded(call)
    }
    const { methods } = meter.report([request('add'), request('add'), request('nope')])
    const counts = Object.entries(methods).map(([name, { calls, running }]) => [name, calls, running])
    expect(counts).to.deep.equal([
      ['add', 1, 2],
      ['users.find', 1, 0],
      ['rpc.pipe', 1, 0],
      ['_OTHER', 3, 1],
    ])
  })

  it('keeps 50 errors, with their texts cut', () => {
    const meter = new CallMeter(['add'], true, new CallWatches('calc', 'JJgfjfgbIgOZ'))
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const call = request('add', { options: { metadata: { traceparent } } })
    for (let i = 0; i < 60; i++) meter.failed(call, new TypeError(`${i} ${'a'.repeat(100_000)}`))
    const { methods, recentErrors } = reportOf(meter)
    expect(recentErrors).to.have.lengthOf(MOST_ERRORS)
    expect(recentErrors.map(({ message }) => Number.parseInt(message, 10))).to.deep.equal(
      Array.from({ length: MOST_ERRORS }, (_, i) => i + 10),
    )
    const last = recentErrors.at(-1)!
    expect(last).to.include({ method: 'add', name: 'TypeError', caller: 'calc:rpc:x', traceparent })
    expect(last.message).to.have.lengthOf(LONGEST_TEXTS.message + 1)
    expect(last.stack).to.have.lengthOf(LONGEST_TEXTS.stack + 1)
    expect(methods.add).to.include({ calls: 60, errors: 60 })
    expect(methods.add?.lastError).to.deep.equal({ at: last.at, name: 'TypeError', message: last.message })
    expect(methods.add?.latency.count, 'what did not begin is not timed').to.equal(0)
  })

  it('says what it can of whatever is thrown', () => {
    const meter = new CallMeter(['add'], true, new CallWatches('calc', 'JJgfjfgbIgOZ'))
    const hostile = Object.assign(new Error('m'), { code: 5 })
    Object.defineProperty(hostile, 'message', {
      get() {
        throw new Error('no')
      },
    })
    const { proxy, revoke } = Proxy.revocable(new Error('m'), {})
    revoke()
    for (const thrown of [
      undefined,
      0,
      'text',
      null,
      { message: 'no error' },
      Symbol('s'),
      hostile,
      proxy,
      Object.create(null),
    ])
      meter.failed(request('add', { options: { metadata: { traceparent: 'forged\n' } } }), thrown)
    const { recentErrors } = reportOf(meter)
    expect(recentErrors).to.have.lengthOf(9)
    for (const error of recentErrors) expect(error).to.not.have.any.keys('traceparent', 'code')
    expect(recentErrors.slice(0, 3).map(({ name, message }) => [name, message])).to.deep.equal([
      ['undefined', 'undefined'],
      ['number', '0'],
      ['string', 'text'],
    ])
  })

  it('has no stacks where those are withheld', () => {
    const meter = new CallMeter(['add'], false, new CallWatches('calc', 'JJgfjfgbIgOZ'))
    meter.failed(request('add'), new Error('no'))
    expect(reportOf(meter).recentErrors[0]).to.not.have.property('stack')
  })

  it('looks as docs/protocol.md shows it', () => {
    const meter = new CallMeter(['add'], true, new CallWatches('calc', 'JJgfjfgbIgOZ'))
    const call = request('add', { options: { metadata: { traceparent: REPORT.recentErrors[0]!.traceparent } } })
    meter.begin(call)
    meter.failed(call, new RangeError('too large'))
    const { methods, recentErrors } = reportOf(meter)
    expect(readServerReport(REPORT)).to.deep.equal(REPORT)
    expect(methods.add).to.have.all.keys(REPORT.methods.add!)
    expect(methods.add?.latency).to.have.all.keys(REPORT.methods.add!.latency)
    expect(methods.add?.latency.buckets).to.have.lengthOf(REPORT.methods.add!.latency.buckets.length)
    expect(methods.add?.lastError).to.have.all.keys(REPORT.methods.add!.lastError!)
    expect(recentErrors[0]).to.have.all.keys(REPORT.recentErrors[0]!)
  })

  it('is junk when it is forged', () => {
    const meter = new CallMeter(['add'], true, new CallWatches('calc', 'JJgfjfgbIgOZ'))
    meter.failed(request('add'), new Error('no'))
    const sound = JSON.stringify(reportOf(meter))
    const forge = (change: (report: Record<string, never>) => void): unknown => {
      const report = JSON.parse(sound) as Record<string, never>
      change(report)
      return readServerReport(report)
    }
    type Any = Record<string, Record<string, Record<string, unknown>>>
    const forgeries: ((report: Any) => unknown)[] = [
      (report) => Object.assign(report, { id: 5 }),
      (report) => Object.assign(report, { at: '5' }),
      (report) => Object.assign(report, { methods: [] }),
      (report) => Object.assign(report, { methods: { add: null } }),
      (report) => Object.assign(report.methods!.add!, { calls: -1 }),
      (report) => Object.assign(report.methods!.add!, { calls: null }),
      (report) => Object.assign(report.methods!.add!, { latency: 5 }),
      (report) => Object.assign(report.methods!.add!, { lastError: 'no' }),
      (report) => Object.assign(report.methods!.add!.latency as object, { buckets: [1] }),
      (report) => Object.assign(report.methods!.add!.latency as object, { p50Ms: '1' }),
      (report) => Object.assign(report, { recentErrors: {} }),
      (report) => Object.assign(report, { recentErrors: Array(51).fill(report.recentErrors![0]) }),
      (report) => Object.assign(report.recentErrors![0]!, { message: 'a'.repeat(5_000) }),
      (report) => Object.assign(report.recentErrors![0]!, { stack: 5 }),
      (report) => Object.assign(report.recentErrors![0]!, { at: Number.POSITIVE_INFINITY }),
    ]
    for (const change of forgeries) expect(forge(change as never), String(change)).to.equal(undefined)
    for (const value of [null, undefined, 5, 'text', [], {}]) expect(readServerReport(value)).to.equal(undefined)
    const more = forge((report) => Object.assign(report, { script: '<script>' })) as object
    expect(more, 'what is not known is left out').to.not.have.property('script')
  })
})
