import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { RedisRPCServer } from 'redis-object-rpc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { needPython } from '../helpers/python.ts'
import { until } from '../helpers/until.ts'

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/protocol.md'), 'utf8')
const CLIENT =
  /^```python\n([\s\S]*?)^```$/m.exec(PAGE.slice(PAGE.indexOf('## A client in another language')))?.[1] ?? ''

/** What the client is asked to do; each line that it prints is JSON. */
const MAIN = `
import itertools, sys
client = Client(sys.argv[1], sys.argv[2])
say = lambda value: print(json.dumps(value), flush=True)
say(client.call('add', 5, 6))
try:
    client.call('fail')
except RemoteError as error:
    say(str(error))
say(list(client.items('rows', 2500)))
say(list(itertools.islice(client.items('rows', 1000000), 3)))
try:
    list(client.items('broken'))
except RemoteError as error:
    say(str(error))
client.close()
`

describeOnEachRedis('the Python client of docs/protocol.md', (redis) => {
  before(needPython)

  it('calls, streams, and leaves nothing behind', async () => {
    const name = freshName('python')
    let ended = 0
    const server = new RedisRPCServer(redis().url, name, {
      add: (a: number, b: number) => a + b,
      fail: () => {
        throw new RangeError('no')
      },
      async *rows(count: number) {
        try {
          for (let n = 0; n < count; n++) yield n
        } finally {
          ended++
        }
      },
      async *broken() {
        yield 1
        throw new RangeError('half way')
      },
    })
    await server.start()
    const folder = mkdtempSync(join(tmpdir(), 'client-'))
    const file = join(folder, 'client.py')
    writeFileSync(file, CLIENT + MAIN)
    const { stdout } = await promisify(execFile)('/usr/bin/python3', [file, redis().url, name])
    rmSync(folder, { recursive: true })
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).to.deep.equal([
      11,
      'RangeError: no',
      Array.from({ length: 2500 }, (_, n) => n),
      [0, 1, 2],
      'RangeError: half way',
    ])
    await until(() => ended === 2 && server.stats.lent === 0)
    await server.close()
    const admin = new Redis(redis().url)
    expect((await admin.keys('*')).filter((key) => key.includes(name))).to.deep.equal([])
    admin.disconnect()
  })
})

describe('the Python client of docs/protocol.md', () => {
  it('is as short as the page says that one can be', () => {
    expect(CLIENT.trim().split('\n').length).to.be.at.most(65)
  })
})
