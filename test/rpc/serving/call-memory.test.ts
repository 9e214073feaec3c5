import { expect } from 'chai'
import { CallMemory } from '../../../lib/rpc/serving/call-memory.ts'

describe('what a server remembers of calls', () => {
  it('is which were begun, and that it may have forgotten older ones of a client', () => {
    const memory = new CallMemory()
    expect(memory.recall('calc:rpc:a', 1)).to.equal('unknown')
    for (let id = 1; id < 200_000; id += 1_000) memory.begin('calc:rpc:a', id, 0)
    expect(memory.recall('calc:rpc:a', 199_001)).to.equal('begun')
    expect(memory.recall('calc:rpc:a', 199_002)).to.equal('unknown')
    expect(memory.recall('calc:rpc:a', 1)).to.equal('forgotten')
    expect(memory.recall('calc:rpc:b', 1)).to.equal('unknown')
    expect(memory.reachMs(0)).to.equal(Number.POSITIVE_INFINITY)
  })

  it('is of a thousand clients: the one that has called least recently is forgotten, and how long ago that was is known', () => {
    const memory = new CallMemory()
    for (let n = 0; n < 1_000; n++) memory.begin(`calc:rpc:${n}`, 1, n)
    memory.begin('calc:rpc:0', 2, 1_000)
    memory.begin('calc:rpc:new', 1, 1_001)
    expect(memory.recall('calc:rpc:1', 1)).to.equal('unknown')
    expect(memory.reachMs(1_001)).to.equal(1_000)
    expect(memory.recall('calc:rpc:0', 1)).to.equal('begun')
    expect(memory.recall('calc:rpc:2', 1)).to.equal('begun')
    expect(memory.recall('calc:rpc:new', 1)).to.equal('begun')
  })

  it('has no place of the client that called last once that is forgotten', () => {
    const memory = new CallMemory()
    for (let n = 1; n <= 1_000; n++) memory.begin(`calc:rpc:${n}`, 1, 1_000)
    // Its clock was read before those of the others.
    memory.begin('calc:rpc:late', 1, 0)
    memory.begin('calc:rpc:late', 2, 0)
    memory.begin('calc:rpc:next', 1, 1_000)
    memory.begin('calc:rpc:late', 3, 1_001)
    expect(memory.recall('calc:rpc:late', 3)).to.equal('begun')
    expect(memory.reachMs(1_001)).to.equal(1)
  })

  it('is also the latest replies, in number and length', () => {
    const memory = new CallMemory()
    for (let id = 1; id <= 2_049; id++) memory.answered('calc:rpc:a', id, `${id}`)
    expect(memory.replyTo('calc:rpc:a', 1)).to.equal(undefined)
    expect(memory.replyTo('calc:rpc:a', 2)).to.equal('2')
    memory.answered('calc:rpc:a', 3_000, 'x'.repeat(512 * 1024 + 1))
    expect(memory.replyTo('calc:rpc:a', 3_000), 'it would drive out the others').to.equal(undefined)
    for (let id = 4_000; id < 4_010; id++) memory.answered('calc:rpc:a', id, 'x'.repeat(512 * 1024))
    expect(memory.replyTo('calc:rpc:a', 4_001)).to.equal(undefined)
    expect(memory.replyTo('calc:rpc:a', 4_002)).to.have.lengthOf(512 * 1024)
    expect(memory.replyTo('calc:rpc:b', 4_002)).to.equal(undefined)
  })
})
