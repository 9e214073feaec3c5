import { expect } from 'chai'
import fc from 'fast-check'
import { distance } from '../../../lib/embedded/geo/distance.ts'
import { geohashOf, positionOf, scoreOf } from '../../../lib/embedded/geo/geohash.ts'
import { sortFirst } from '../../../lib/embedded/geo/partial-sort.ts'
import { asin, cos, sin } from '../../../lib/embedded/geo/trigonometry.ts'
import { formatFixed, formatHuman } from '../../../lib/embedded/text/decimals.ts'

const PALERMO = { longitude: 13.361389, latitude: 38.115556 }
const CATANIA = { longitude: 15.087269, latitude: 37.502669 }

describe('places', () => {
  it('have the scores, geohashes and distances that the documentation of Redis tells', () => {
    const [palermo, catania] = [PALERMO, CATANIA].map((place) => positionOf(Number(scoreOf(place))))
    expect(scoreOf(PALERMO)).to.equal(3479099956230698n)
    expect([palermo!, catania!].map(geohashOf)).to.deep.equal(['sqc8b49rny0', 'sqdtr74hyu0'])
    expect(formatFixed(distance(palermo!, catania!), 4)).to.equal('166274.1516')
    expect(formatHuman(palermo!.longitude)).to.equal('13.36138933897018433')
    expect(formatHuman(palermo!.latitude)).to.equal('38.11555639549629859')
  })

  it('come from any score, if need be at the edge', () => {
    for (const score of [0, 1.5, -1, 2 ** 53, 1e18, 1e19, 1e300, -1e300, Infinity, -Infinity]) {
      const { longitude, latitude } = positionOf(score)
      expect(Math.abs(longitude), `${score}`).to.be.at.most(180)
      expect(Math.abs(latitude), `${score}`).to.be.at.most(85.05112878)
    }
  })

  it('are measured with sines that agree with those of JavaScript but for the last digit', () => {
    fc.assert(
      fc.property(fc.double({ min: -3.2, max: 3.2, noNaN: true }), (angle) => {
        expect(sin(angle)).to.be.closeTo(Math.sin(angle), 2 ** -52)
        expect(cos(angle)).to.be.closeTo(Math.cos(angle), 2 ** -52)
        const sine = Math.abs(Math.sin(angle))
        expect(asin(sine)).to.be.closeTo(Math.asin(sine), 2 ** -51)
      }),
    )
    expect([sin(0), cos(0), asin(0), asin(1)]).to.deep.equal([0, 1, 0, Math.PI / 2])
  })
})

describe('sortFirst', () => {
  it('puts the first elements to their places, and loses none', () => {
    const numbers = fc.array(fc.oneof(fc.integer(), fc.nat(5)), { maxLength: 300, size: 'max' })
    fc.assert(
      fc.property(numbers, fc.nat(300), (given, count) => {
        const sorted = [...given].sort((a, b) => a - b)
        const items = [...given]
        sortFirst(items, count, (a, b) => a - b)
        expect(items.slice(0, count)).to.deep.equal(sorted.slice(0, count))
        expect(items.sort((a, b) => a - b)).to.deep.equal(sorted)
      }),
    )
  })
})

describe('formatFixed', () => {
  it('goes to the even digit from the middle, as C does', () => {
    const cases: readonly (readonly [value: number, decimals: number, text: string])[] = [
      [0.25, 1, '0.2'],
      [0.75, 1, '0.8'],
      [0.03125, 4, '0.0312'],
      [0.09375, 4, '0.0938'],
      [-0.03125, 4, '-0.0312'],
      [0.0078125, 6, '0.007812'],
      [1.005, 2, '1.00'],
      [1e21, 2, '1000000000000000000000.00'],
      [Infinity, 4, 'inf'],
      [-Infinity, 4, '-inf'],
      [166274.15156960039, 4, '166274.1516'],
    ]
    for (const [value, decimals, text] of cases) expect(formatFixed(value, decimals), text).to.equal(text)
    expect([0, -0, 1, -180, 0.1, 1e22].map(formatHuman)).to.deep.equal([
      '0',
      '0',
      '1',
      '-180',
      '0.10000000000000001',
      '10000000000000000000000',
    ])
  })
})
