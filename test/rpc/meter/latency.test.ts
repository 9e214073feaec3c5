import { expect } from 'chai'
import { Latency } from '../../../lib/rpc/meter/latency.ts'
import { LATENCY_BOUNDS_MS } from '../../../lib/rpc/meter/server-report.ts'

function latencyOf(values: readonly number[]): Latency {
  const latency = new Latency()
  for (const value of values) latency.add(value)
  return latency
}

describe('a latency', () => {
  it('of no call is zero', () => {
    const buckets = LATENCY_BOUNDS_MS.map(() => 0)
    const none = { count: 0, sumMs: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0, buckets: [...buckets, 0] }
    expect(new Latency().report()).to.deep.equal(none)
  })

  it('counts, adds up, and keeps the maximum', () => {
    const { count, sumMs, maxMs } = latencyOf([0.5, 2, 4.25]).report()
    expect({ count, sumMs, maxMs }).to.deep.equal({ count: 3, sumMs: 6.75, maxMs: 4.25 })
  })

  it('has a bucket for each bound, added up, with what is on the bound in it', () => {
    const { buckets } = latencyOf([...LATENCY_BOUNDS_MS, 10_001, 1e9]).report()
    const expected = LATENCY_BOUNDS_MS.map((_, index) => index + 1)
    expect(buckets).to.deep.equal([...expected, LATENCY_BOUNDS_MS.length + 2])
  })

  it('gives percentiles that are less than a fifteenth off, over nine orders of magnitude', () => {
    for (let exponent = -2; exponent < 6; exponent++) {
      for (const factor of [1, 1.13, 1.99, 2.01, 3.3, 4.7, 7.7, 9.99]) {
        const ms = factor * 10 ** exponent
        const { p50Ms, p95Ms, p99Ms } = latencyOf([ms, ms, ms]).report()
        for (const value of [p50Ms, p95Ms, p99Ms]) expect(value, String(ms)).to.be.closeTo(ms, ms / 15 + 0.001)
      }
    }
    const { p50Ms, p95Ms, p99Ms } = latencyOf(Array.from({ length: 1_000 }, (_, i) => i + 1)).report()
    expect(p50Ms).to.be.closeTo(500, 500 / 15)
    expect(p95Ms).to.be.closeTo(950, 950 / 15)
    expect(p99Ms).to.be.closeTo(990, 990 / 15)
  })

  it('takes what a clock may give', () => {
    const { count, p99Ms, maxMs } = latencyOf([0, 1e-9, 1e12]).report()
    expect(count).to.equal(3)
    expect(p99Ms).to.be.greaterThan(1_800_000)
    expect(maxMs).to.equal(1e12)
  })
})
