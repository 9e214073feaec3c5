import { expect } from 'chai'
import { Figures } from '../../lib/dashboard/live-figures.ts'
import { LATENCY_BOUNDS_MS, type MethodReport, type ServerReport } from '../../lib/inspect/index.ts'

/** What a server says that has run calls of these durations. */
function report(id: string, durations: readonly number[], errors = 0): ServerReport {
  const upTo = (bound: number): number => durations.filter((each) => each <= bound).length
  const add: MethodReport = {
    calls: durations.length,
    errors,
    running: 0,
    latency: {
      count: durations.length,
      sumMs: durations.reduce((sum, each) => sum + each, 0),
      p50Ms: 2,
      p95Ms: 2,
      p99Ms: 3,
      maxMs: Math.max(0, ...durations),
      buckets: [...LATENCY_BOUNDS_MS.map(upTo), durations.length],
    },
  }
  return { id, at: 0, started: 0, methods: { add }, recentErrors: [] }
}
const times = (count: number, durationMs: number): number[] => Array.from({ length: count }, () => durationMs)

describe('the live figures of a service', () => {
  it('are what happened between two looks', () => {
    const figures = new Figures()
    const before = times(1_000, 4_000)
    expect(figures.look([report('a', before, 7)], 10_000)).to.equal(undefined)
    const since = [...before, ...times(90, 20), ...times(10, 200)]
    const live = figures.look([report('a', since, 11)], 12_000)
    expect(live).to.include({ callsPerSecond: 50, errorsPerSecond: 2 })
    expect(live?.p50Ms).to.be.within(10, 25)
    expect(live?.p99Ms).to.be.within(100, 250)
    const idle = { callsPerSecond: 0, errorsPerSecond: 0, p50Ms: undefined, p99Ms: undefined }
    expect(figures.look([report('a', since, 11)], 14_000)).to.deep.equal(idle)
  })

  it('come from all servers, but not from what one did before it was seen', () => {
    const figures = new Figures()
    figures.look([report('a', []), report('b', [])], 0)
    const servers = [report('a', times(10, 1)), report('b', times(20, 1)), report('new', times(500, 1))]
    const live = figures.look(servers, 1_000)
    expect(live).to.include({ callsPerSecond: 30 })
    // Below the first bound the methods' own figures tell more than the buckets.
    expect(live).to.include({ p50Ms: 1, p99Ms: 1 })
    expect(figures.look([report('new', times(510, 1))], 2_000)).to.include({ callsPerSecond: 10 })
  })

  it('are no negative numbers, whatever servers say', () => {
    const figures = new Figures()
    figures.look([report('a', times(100, 20), 50)], 1_000)
    const live = figures.look([report('a', times(10, 20), 5)], 2_000)
    expect(live).to.deep.equal({ callsPerSecond: 0, errorsPerSecond: 0, p50Ms: undefined, p99Ms: undefined })
    expect(figures.look([report('a', [])], 2_000)).to.equal(undefined)
  })
})
