import { expect } from 'chai'
import fc from 'fast-check'
import { Config } from '../../../lib/embedded/config/config.ts'
import { Stream } from '../../../lib/embedded/data/stream.ts'
import { EmbeddedRedis } from '../../../lib/embedded/index.ts'
import { BadPayload } from '../../../lib/embedded/rdb/bad-payload.ts'
import { crc64 } from '../../../lib/embedded/rdb/crc64.ts'
import { valueLimits } from '../../../lib/embedded/rdb/limits.ts'
import { decompress } from '../../../lib/embedded/rdb/lzf.ts'
import { deserialize, isSound, serialize } from '../../../lib/embedded/rdb/payload.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { needRedisServer, RedisProcess } from '../../helpers/redis-process.ts'
import { SEED } from '../differential/seed.ts'
import { RawClient } from '../helpers/raw-client.ts'
import { contents } from '../persistence/contents.ts'
import { bodyOf, DUMPED, NEWER, OLD, sealed } from './payloads.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 20_000)
const LIMITS = valueLimits(new Config())
const MEGABYTE = 2 ** 20
const ALL = { ...DUMPED, ...OLD, ...NEWER }

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

/** What a payload is refused with, or nothing. */
function problemOf(payload: string, mostBytes = MEGABYTE): string | undefined {
  try {
    deserialize(bytes(payload), LIMITS, mostBytes)
    return undefined
  } catch (error) {
    if (error instanceof BadPayload) return error.problem
    throw error
  }
}

describe('serialized values', () => {
  it('end with the checksum of Redis', () => {
    expect(crc64(Buffer.from('123456789')).toString('hex')).to.equal('cad9b8c414d9c6e9')
    for (const [name, payload] of Object.entries(DUMPED)) expect(isSound(bytes(payload)), name).to.equal(true)
  })

  for (const [name, payload] of Object.entries(ALL)) {
    it(`${name} is the same after a second turn`, () => {
      const once = serialize(deserialize(bytes(payload), LIMITS, MEGABYTE), MEGABYTE)
      expect(isSound(bytes(once))).to.equal(true)
      expect(serialize(deserialize(bytes(once), LIMITS, MEGABYTE), MEGABYTE)).to.equal(once)
    })

    it(`${name} is refused wherever it is cut off, or when something follows`, () => {
      const body = bodyOf(payload)
      for (let length = 0; length < body.length; length++) {
        expect(problemOf(sealed(body.subarray(0, length))), `${length}`).to.be.a('string')
      }
      expect(problemOf(sealed(Buffer.concat([body, Buffer.of(0)])))).to.equal('something follows the value')
    })
  }

  it('are read to a whole value or not at all, whatever is changed in them', function () {
    this.timeout(60_000 + RUNS)
    const payloads = Object.values(ALL)
    const change = fc.record({ at: fc.nat(), byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 129, 255)) })
    const mutated = fc.record({
      payload: fc.constantFrom(...payloads),
      changes: fc.array(change, { minLength: 1, maxLength: 4 }),
      cut: fc.option(fc.nat(), { freq: 10 }),
    })
    let whole = 0
    fc.assert(
      fc.property(mutated, ({ payload, changes, cut }) => {
        const body = Buffer.from(bodyOf(payload))
        for (const { at, byte } of changes) body[at % body.length] = byte
        const changed = sealed(cut === null ? body : body.subarray(0, cut % body.length))
        if (problemOf(changed) !== undefined) return
        whole++
        const value = deserialize(bytes(changed), LIMITS, MEGABYTE)
        const again = serialize(value, MEGABYTE)
        expect(serialize(deserialize(bytes(again), LIMITS, MEGABYTE), MEGABYTE)).to.equal(again)
        if (value instanceof Stream) expect(value.range(0n).length).to.equal(value.length)
      }),
      { numRuns: RUNS, seed: SEED },
    )
    expect(whole).to.be.greaterThan(RUNS / 100)
  })
})

describe('hostile payloads', () => {
  const length = (value: number): Buffer => {
    const written = Buffer.of(0x80, 0, 0, 0, 0)
    written.writeUInt32BE(value, 1)
    return written
  }

  it('that claim gigabytes are refused before anything is made', () => {
    for (const type of [0, 1, 2, 3, 4, 5, 14, 15, 18, 19, 24]) {
      expect(
        problemOf(sealed(Buffer.concat([Buffer.of(type), length(0xfffffff0), Buffer.alloc(20)]))),
        `${type}`,
      ).to.be.a('string')
    }
    const huge = Buffer.concat([Buffer.of(0, 0x81), Buffer.alloc(8, 0xff)])
    expect(problemOf(sealed(huge))).to.equal('it is cut off')
  })

  it('that would expand to more than a value may have are refused', () => {
    const zeros = Buffer.concat([Buffer.of(0, 0), ...Array.from({ length: 5000 }, () => Buffer.of(0xe0, 0xff, 0))])
    const expanded = 1 + 5000 * 264
    expect(decompress(zeros, expanded)).to.deep.equal(Buffer.alloc(expanded))
    const body = Buffer.concat([Buffer.of(0, 0xc3), length(zeros.length), length(expanded), zeros])
    expect(problemOf(sealed(body), expanded)).to.equal(undefined)
    expect(problemOf(sealed(body), expanded - 1)).to.equal('more text than a value may have')
    const claim = Buffer.concat([Buffer.of(0, 0xc3), length(zeros.length), length(expanded * 2), zeros])
    expect(problemOf(sealed(claim), 2 ** 40)).to.equal('LZF claims more than it can hold')
  })

  it('of more elements than a table can hold are refused while they are counted', function () {
    this.timeout(60_000)
    const count = 2 ** 24
    const listpack = Buffer.alloc(7 + count * 2, Buffer.of(1, 1))
    listpack.writeUInt32LE(listpack.length, 0)
    listpack.writeUInt16LE(65535, 4)
    listpack[listpack.length - 1] = 0xff
    const body = Buffer.concat([Buffer.of(18, 1, 2), length(listpack.length), listpack])
    expect(problemOf(sealed(body))).to.equal('more elements than a value may have')
  })
})

describe('RESTORE', () => {
  let embedded: EmbeddedRedis
  let client: RawClient
  before(async () => {
    embedded = await EmbeddedRedis.start()
    client = await RawClient.connect(embedded.port)
  })
  after(async () => {
    await client.close()
    await embedded.close()
  })

  it('leaves nothing of what it refuses, and what was there as it was', async () => {
    await client.call('SET', 'k', 'v')
    const broken = sealed(bodyOf(DUMPED['a stream with groups']!).subarray(0, -3))
    expect(await client.call('RESTORE', 'k', '0', broken, 'REPLACE')).to.equal('-ERR Bad data format\r\n')
    expect(await client.call('GET', 'k')).to.equal('$1\r\nv\r\n')
    expect(await client.call('RESTORE', 'none', '0', broken)).to.equal('-ERR Bad data format\r\n')
    expect(await client.call('DBSIZE')).to.equal(':1\r\n')
  })

  it('takes how long a value was not used', async () => {
    await using server = await EmbeddedRedis.start({ clock: new ManualClock() })
    const other = await RawClient.connect(server.port)
    await other.call('RESTORE', 'k', '0', DUMPED['a string']!, 'IDLETIME', '1000')
    expect(await other.call('OBJECT', 'IDLETIME', 'k')).to.equal(':1000\r\n')
    await other.close()
  })

  it('reads what Redis 7.2 and 7.4 have added', async () => {
    await client.call('FLUSHALL')
    expect(await client.call('RESTORE', 's', '0', NEWER['a set in a listpack']!)).to.equal('+OK\r\n')
    expect(await client.call('SISMEMBER', 's', '17')).to.equal(':1\r\n')
    expect(await client.call('RESTORE', 'h', '0', NEWER['a hash with fields that expire']!)).to.equal('+OK\r\n')
    const times = '*2\r\n:100000000000000\r\n:-1\r\n'
    expect(await client.call('HPEXPIRETIME', 'h', 'FIELDS', '2', 'f', 'g')).to.equal(times)
    const dumped = (await client.call('DUMP', 'h')).replace(/^.*\r\n/, '').slice(0, -2)
    expect(await client.call('RESTORE', 'copy', '0', dumped)).to.equal('+OK\r\n')
    expect(await client.call('HPEXPIRETIME', 'copy', 'FIELDS', '2', 'f', 'g')).to.equal(times)
    const newest = sealed(bodyOf(DUMPED['a string']!), 13)
    const refusal = '-ERR DUMP payload version or checksum are wrong\r\n'
    expect(await client.call('RESTORE', 'k', '0', newest)).to.equal(refusal)
  })

  it('reads what Redis before 7.0 wrote, as Redis does', async function () {
    needRedisServer.call(this)
    await using real = await RedisProcess.start()
    const other = await RawClient.connect(real.port)
    await client.call('FLUSHALL')
    for (const [name, payload] of Object.entries({ ...OLD, ...DUMPED })) {
      expect(await client.call('RESTORE', name, '0', payload), name).to.equal('+OK\r\n')
      expect(await other.call('RESTORE', name, '0', payload), name).to.equal('+OK\r\n')
    }
    expect(await contents(embedded.port)).to.deep.equal(await contents(real.port))
    await other.close()
  })
})
