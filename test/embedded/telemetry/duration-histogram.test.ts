import { expect } from 'chai'
import { DurationHistogram } from '../../../lib/embedded/telemetry/duration-histogram.ts'

describe('a histogram of durations', () => {
  it('keeps two digits of each, as the histograms of Redis do', () => {
    for (const [microseconds, shown] of [
      [0, 0],
      [0.2, 0.2],
      [1, 1.003],
      [8, 8.031],
      [16, 16.063],
      [66, 66.047],
      [145, 145.407],
      [5_000_000, 1_002_438.655],
    ] as const) {
      const histogram = new DurationHistogram()
      histogram.add(microseconds)
      expect(histogram.percentile(50)).to.equal(shown)
    }
  })

  it('tells what most calls did not exceed', () => {
    const histogram = new DurationHistogram()
    for (let i = 1; i <= 1000; i++) histogram.add(i)
    expect(histogram.percentile(50)).to.be.within(500, 505)
    expect(histogram.percentile(99)).to.be.within(990, 1000)
    expect(histogram.percentile(100)).to.be.within(1000, 1010)
  })

  it('counts up in powers of two, and forgets', () => {
    const histogram = new DurationHistogram()
    for (const microseconds of [1, 1, 3, 12, 12, 60]) histogram.add(microseconds)
    expect([...histogram.cumulative()]).to.deep.equal([
      [1, 2],
      [4, 3],
      [16, 5],
      [66, 6],
    ])
    histogram.reset()
    expect([...histogram.cumulative()]).to.deep.equal([])
    expect(histogram.total).to.equal(0)
  })
})
