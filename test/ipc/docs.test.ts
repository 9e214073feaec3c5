import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { Cache, GroupReadStream, ReadQueue, ReadStream, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { CACHE_DEFAULTS } from '../../lib/ipc/cache/options.ts'
import { GROUP_READ_STREAM_DEFAULTS } from '../../lib/ipc/events/group-options.ts'
import { READ_STREAM_DEFAULTS } from '../../lib/ipc/events/read-stream.ts'
import { WRITE_STREAM_DEFAULTS } from '../../lib/ipc/events/write-stream.ts'
import { READ_QUEUE_DEFAULTS } from '../../lib/ipc/queue/options.ts'
import { LINK_DEFAULTS } from '../../lib/link/options.ts'

const page = readFileSync(new URL('../../docs/ipc.md', import.meta.url), 'utf8')

/** Options and their defaults, as the page's table of that title has them. */
function table(title: string): Map<string, string> {
  const [, rows = ''] = page.split(`| ${title} | default | |\n|---|---|---|\n`)
  const options = new Map<string, string>()
  for (const row of rows.slice(0, rows.indexOf('\n\n')).split('\n')) {
    const [, name = '', fallback = ''] = /^\| `(\w+)` \| (.*?) \|/.exec(row) ?? []
    options.set(name, fallback.replaceAll(/[`']|(?<=\d) (?=\d)/g, ''))
  }
  return options
}

/** The names that a constructor takes: its refusal of another one has them among its words. */
function accepted(make: (options: never) => unknown): string[] {
  const refusal = (name: string): string | undefined => {
    try {
      make({ [name]: undefined } as never)
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }
  const words = new Set(refusal('nonsense')?.match(/\w+/g))
  return [...words].filter((word) => refusal(word) === undefined).toSorted()
}

describe('the page about the task queue, the cache and the event stream', () => {
  const common = table('all of them')
  const url = 'redis://127.0.0.1:1'
  const ends: readonly (readonly [title: string, make: (options: never) => unknown, defaults: object])[] = [
    ['`WriteQueue`', (options) => new WriteQueue(url, 'q', options), {}],
    ['`ReadQueue`', (options: object) => new ReadQueue(url, 'q', { ...options, reliable: true }), READ_QUEUE_DEFAULTS],
    ['`Cache`', (options) => new Cache(url, 'c', options), { checkEveryMs: CACHE_DEFAULTS.checkEveryMs }],
    ['`WriteStream`', (options) => new WriteStream(url, 's', options), WRITE_STREAM_DEFAULTS],
    ['`ReadStream`', (options) => new ReadStream(url, 's', options), READ_STREAM_DEFAULTS],
    ['`GroupReadStream`', (options) => new GroupReadStream(url, 's', 'g', options), GROUP_READ_STREAM_DEFAULTS],
  ]

  for (const [title, make, defaults] of ends) {
    it(`has all options of ${title}, with their defaults`, () => {
      const own = table(title)
      expect([...common.keys(), ...own.keys()].toSorted()).to.deep.equal(accepted(make))
      for (const [name, value] of Object.entries(defaults)) expect(own.get(name), name).to.equal(String(value))
    })
  }

  it('has the defaults of those that are common to all', () => {
    expect(common.get('connectTimeoutMs')).to.equal(String(LINK_DEFAULTS.connectTimeoutMs))
  })
})
