import { expect } from 'chai'
import { isTooOld } from '../../lib/functions/age.ts'

const NOW = Date.parse('2026-11-21T12:00:00.000Z')
const LONGEST_MS = 120_000

/** The time `secondsAgo` in a zone, as its clock on the wall shows it. */
function wallClock(secondsAgo: number, zoneMinutes: number): string {
  return new Date(NOW - secondsAgo * 1_000 + zoneMinutes * 60_000).toISOString().slice(0, -1)
}

describe('age of a request', () => {
  for (const [ts, tooOld] of [
    ['2026-11-21T12:00:00.000Z', false],
    ['2026-11-21T11:58:00.000Z', false],
    ['2026-11-21T11:57:59.999Z', true],
    ['2026-11-21T13:00:00+01:00', false],
    ['2026-11-21T12:50:00+01:00', true],
    ['2026-11-21T07:00:00.123456789-05:00', false],
    ['2016-11-01T12:00:00Z', true],
    ['2016-11-01T12:00:00.123456', true],
    ['2026-11-21T12:10:00Z', false],
    ['2036-11-21T12:10:00Z', false],
  ] as const) {
    it(`takes ${ts} for ${tooOld ? 'too old' : 'fresh enough'} at noon`, () => {
      expect(isTooOld(ts, NOW, LONGEST_MS)).to.equal(tooOld)
    })
  }

  for (const ts of [
    undefined,
    null,
    5,
    '',
    'TODO',
    '2026-11-21',
    '0000-99-99T99:99:99Z',
    '2026-13-45T99:99:99',
    {},
    'x'.repeat(1e6),
  ]) {
    it(`cannot tell from ${JSON.stringify(ts)?.slice(0, 40)}`, () => {
      expect(isTooOld(ts, NOW, LONGEST_MS)).to.equal(false)
    })
  }

  it('takes no fresh request for an old one, whatever the zone of a client that does not write it', () => {
    for (let zoneMinutes = -12 * 60; zoneMinutes <= 14 * 60; zoneMinutes += 15) {
      for (const secondsAgo of [-59, 0, 1, 60, 120]) {
        const ts = wallClock(secondsAgo, zoneMinutes)
        expect(isTooOld(ts, NOW, LONGEST_MS), `${ts}, zone ${zoneMinutes}`).to.equal(false)
      }
    }
  })

  it('takes an old one for old in every zone', () => {
    for (let zoneMinutes = -12 * 60; zoneMinutes <= 14 * 60; zoneMinutes += 15) {
      for (const secondsAgo of [121, 300, 600, 839]) {
        const ts = wallClock(secondsAgo, zoneMinutes)
        expect(isTooOld(ts, NOW, LONGEST_MS), `${ts}, zone ${zoneMinutes}`).to.equal(true)
      }
    }
  })

  it('does not depend on the zone of this process', () => {
    const before = process.env.TZ
    try {
      for (const zone of ['UTC', 'Asia/Tokyo', 'America/St_Johns']) {
        process.env.TZ = zone
        expect(isTooOld(wallClock(0, 0), NOW, LONGEST_MS), zone).to.equal(false)
        expect(isTooOld(wallClock(600, 0), NOW, LONGEST_MS), zone).to.equal(true)
      }
    } finally {
      if (before === undefined) delete process.env.TZ
      else process.env.TZ = before
    }
  })
})
