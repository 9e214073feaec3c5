import { expect } from 'chai'
import { boundedJson } from '../../lib/dashboard/bounded.ts'
import { shownValue } from '../../lib/dashboard/shown-value.ts'

/** Two parts of each level are the same, so there are 2 ** 60 leaves. */
function shared(): object {
  let part: object = { leaf: true }
  for (let i = 0; i < 60; i++) part = { left: part, right: part }
  return part
}

describe('what the dashboard shows of values', () => {
  it('is what they are, when they are small', () => {
    const value = { list: [1, 'two', null], map: new Map([['a', new Date(0)]]), set: new Set([1n]) }
    expect(shownValue(value)).to.equal(
      "{\n  list: [ 1, 'two', null ],\n  map: Map(1) { 'a' => 1970-01-01T00:00:00.000Z },\n  set: Set(1) { 1n }\n}",
    )
  })

  for (const [name, value] of [
    ['a text of 10 MB', 'x'.repeat(10_000_000)],
    ['a million numbers', Array.from({ length: 1_000_000 }, (_, index) => index)],
    ['a million entries', new Map(Array.from({ length: 1_000_000 }, (_, index) => [index, index]))],
    ['parts that are shared', shared()],
    ['a circle', circle()],
    ['names of a megabyte', Object.fromEntries([['x'.repeat(1_000_000), 'y'.repeat(1_000_000)]])],
  ] as const)
    it(`is little of ${name}`, () => {
      expect(shownValue(value).length).to.be.lessThan(300_000)
    })

  it('is little in JSON, too, and names are names', () => {
    const json = boundedJson([shared(), circle(), 'x'.repeat(10_000_000), { ['__proto__']: 1 }])
    expect(json.length).to.be.lessThan(4_500_000)
    expect(json).to.include('"__proto__":1').and.to.include('(10000000 characters in all)')
  })
})

function circle(): object {
  const value: Record<string, unknown> = {}
  value.self = value
  return value
}
