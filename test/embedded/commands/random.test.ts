import { expect } from 'chai'
import { EmbeddedRedis } from '../../../lib/embedded/index.ts'
import { elements } from '../differential/replies.ts'
import { RawClient } from '../helpers/raw-client.ts'

const BULK = /^\$\d+\r\n(.*)\r\n$/s

/** Sizes on both sides of where small sets become large ones. */
const SIZES = [3, 40, 600]

describe('members drawn at random', () => {
  let server: EmbeddedRedis
  let client: RawClient
  before(async () => {
    server = await EmbeddedRedis.start()
    client = await RawClient.connect(server.port)
  })
  beforeEach(() => client.call('FLUSHALL'))
  after(async () => {
    await client.close()
    await server.close()
  })

  const texts = async (...argv: string[]): Promise<string[]> =>
    elements(await client.call(...argv)).map((item) => BULK.exec(item)![1]!)

  const fill = async (size: number, text: (i: number) => string): Promise<Set<string>> => {
    const members = Array.from({ length: size }, (_, i) => text(i))
    await client.call('SADD', 's', ...members)
    await client.call('ZADD', 'z', ...members.flatMap((member, i) => [`${i}`, member]))
    return new Set(members)
  }

  for (const size of SIZES) {
    for (const [kind, text] of [
      ['integers', String],
      ['texts', (i: number) => `m${i}`],
    ] as const) {
      it(`are those of a set of ${size} ${kind}, none twice for a positive count`, async () => {
        const all = await fill(size, text)
        for (const [command, key] of [
          ['SRANDMEMBER', 's'],
          ['ZRANDMEMBER', 'z'],
        ] as const) {
          for (const count of [1, Math.ceil(size / 5), size - 1, size, size * 2]) {
            const drawn = await texts(command, key, `${count}`)
            expect(new Set(drawn).size).to.equal(Math.min(count, size))
            expect(drawn.filter((member) => !all.has(member))).to.deep.equal([])
          }
          const many = await texts(command, key, `-${size * 20}`)
          expect(many).to.have.length(size * 20)
          // That a given one is missing among so many has a chance of one in five hundred million.
          expect(new Set(many).size).to.equal(size)
        }
      })

      it(`leave a set of ${size} ${kind} with the others`, async () => {
        const all = await fill(size, text)
        const popped = [BULK.exec(await client.call('SPOP', 's'))![1]!, ...(await texts('SPOP', 's', `${size - 2}`))]
        expect(popped).to.have.length(size - 1)
        const left = await texts('SMEMBERS', 's')
        expect(new Set([...popped, ...left])).to.deep.equal(all)
        expect(await texts('SPOP', 's', '5')).to.deep.equal(left)
        expect(await client.call('EXISTS', 's')).to.equal(':0\r\n')
      })
    }
  }

  it('come with their scores', async () => {
    await fill(50, (i) => `m${i}`)
    const flat = await texts('ZRANDMEMBER', 'z', '-100', 'WITHSCORES')
    expect(flat).to.have.length(200)
    for (let i = 0; i < flat.length; i += 2) expect(flat[i]).to.equal(`m${flat[i + 1]}`)
  })

  it('are refused in numbers that no memory holds', async () => {
    await fill(3, String)
    expect(await client.call('SRANDMEMBER', 's', '-9000000000000000000')).to.equal('-ERR value is out of range\r\n')
  })

  it('are met by a scan that goes on while others come and go', async () => {
    const all = await fill(600, (i) => `m${i}`)
    const met = new Set<string>()
    let cursor = '0'
    do {
      const [next, found] = elements(await client.call('ZSCAN', 'z', cursor, 'COUNT', '7'))
      cursor = BULK.exec(next!)![1]!
      for (const [i, item] of elements(found!).entries()) if (i % 2 === 0) met.add(BULK.exec(item)![1]!)
      await client.call('ZREM', 'z', `m${(Number(cursor) * 7919) % 600}`)
      await client.call('ZADD', 'z', '1', `new${cursor}`)
    } while (cursor !== '0')
    const left = await texts('ZRANGE', 'z', '0', '-1')
    expect(left.filter((member) => all.has(member) && !met.has(member))).to.deep.equal([])
  })
})
