import { expect } from 'chai'
import { markOf, murmurHash64A } from '../../../lib/embedded/hyperloglog/hash.ts'
import { countRegisters, HyperLogLog } from '../../../lib/embedded/hyperloglog/hyper-log-log.ts'
import { REGISTERS } from '../../../lib/embedded/hyperloglog/layout.ts'

const SPARSE_BYTES = 3000

function filled(count: number, mostSparseBytes = SPARSE_BYTES): HyperLogLog {
  const log = HyperLogLog.empty()
  for (let i = 0; i < count; i++) {
    const { register, rank } = markOf(`element ${i}`)
    log.raise(register, rank, mostSparseBytes)
  }
  return log
}

/** MurmurHash64A as it is written down, on numbers of any size. */
function exactHash(bytes: Buffer): bigint {
  const factor = 0xc6a4a7935bd1e995n
  const wrap = (value: bigint): bigint => BigInt.asUintN(64, value)
  let hash = wrap(0xadc83b19n ^ wrap(BigInt(bytes.length) * factor))
  const whole = bytes.length - (bytes.length % 8)
  for (let at = 0; at < whole; at += 8) {
    let block = wrap(bytes.readBigUInt64LE(at) * factor)
    block = wrap((block ^ (block >> 47n)) * factor)
    hash = wrap((hash ^ block) * factor)
  }
  for (let at = whole; at < bytes.length; at++) hash ^= BigInt(bytes[at]!) << BigInt((at - whole) * 8)
  if (whole < bytes.length) hash = wrap(hash * factor)
  hash = wrap((hash ^ (hash >> 47n)) * factor)
  return hash ^ (hash >> 47n)
}

describe('murmurHash64A', () => {
  it('is exact in 64 bits', () => {
    for (let length = 0; length < 200; length++) {
      const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 37 + length * 101) & 255))
      const { low, high } = murmurHash64A(bytes)
      expect((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0), `${length}`).to.equal(exactHash(bytes))
    }
  })
})

describe('HyperLogLog', () => {
  it('begins as 18 bytes', () => {
    expect(HyperLogLog.empty().toString()).to.equal(`HYLL\x01${'\0'.repeat(11)}\x7f\xff`)
  })

  it('counts within two percent, in both forms alike', () => {
    for (const count of [0, 1, 7, 100, 1000, 10_000, 100_000]) {
      const log = filled(count)
      const dense = filled(count, 0)
      expect(Number(log.count()), `${count}`).to.be.closeTo(count, count * 0.02)
      expect(dense.count()).to.equal(log.count())
      expect(log.counted).to.equal(log.count())
    }
  })

  it('takes the dense form once the sparse one is too long, with the same registers', () => {
    const [sparse, dense] = [filled(1000), filled(1000)]
    dense.makeDense()
    expect([sparse.isSparse, dense.isSparse, filled(10_000).isSparse]).to.deep.equal([true, false, false])
    const registers = [sparse, dense].map((log) => {
      const merged = new Uint8Array(REGISTERS)
      log.mergeInto(merged)
      return merged
    })
    expect(registers[0]).to.deep.equal(registers[1])
    expect(countRegisters(registers[0]!)).to.equal(sparse.count())
  })
})
