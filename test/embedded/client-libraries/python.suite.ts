import { expect } from 'chai'
import type { RunningRedis } from '../../helpers/backends.ts'
import { freshName } from '../../helpers/names.ts'
import { linesOf, needPython, startPeer } from '../../helpers/python.ts'

/** What its users see, session by session; the sessions stand in `python_client.py`. */
const SESSIONS: Readonly<Record<string, readonly unknown[]>> = {
  strings: [true, null, 'v', true, 5, 5.5],
  collections: [
    { a: '1', b: 'two' },
    ['a', 'b', 'c'],
    ['x', 'y'],
    [
      ['one', 1],
      ['more', 2.5],
    ],
    2,
    ['more'],
    1,
  ],
  errors: ['WRONGTYPE'],
  binary: [true],
  pipelines: [
    [true, 2, '2'],
    [true, 2],
  ],
  transactions: [[true], [0, 1]],
  scripts: [8, 10, [true]],
  locks: [true, false, true, true, true, true, true, 'released already'],
  blocking: ['job', null, null],
  channels: [
    ['subscribe', 'psubscribe', 'unsubscribe', 'punsubscribe'],
    [1, 1],
    [
      ['message', 'hello'],
      ['pmessage', 'line'],
    ],
  ],
  scans: [
    300,
    700,
    ['x', 'y'],
    [
      ['more', 2.5],
      ['one', 7],
    ],
  ],
  streams: [true, true, 1, 1, 'w2', 1, 1, 1],
  introspection: ['shop', true, 'standalone', true, 'x', true, 'zset', 'embstr', true, true, true],
}

export function pythonSuite(redis: () => RunningRedis): void {
  let told: ReadonlyMap<string, readonly unknown[]>
  before(async function () {
    needPython.call(this)
    const peer = startPeer('../embedded/client-libraries/python_client.py', redis().url, `${freshName('py')}:`)
    const lines = (await linesOf(peer)).map((line) => JSON.parse(line) as [string, ...unknown[]])
    told = new Map(lines.map(([session, ...facts]) => [session, facts]))
  })

  for (const [session, facts] of Object.entries(SESSIONS)) {
    it(`has its ${session}`, () => expect(told.get(session)).to.deep.equal(facts))
  }
}
