import { expect } from 'chai'
import { Hash } from '../../../lib/embedded/data/hash.ts'
import { KeyEntry } from '../../../lib/embedded/keyspace/entry.ts'
import { Expiries } from '../../../lib/embedded/keyspace/expiries.ts'

describe('when the keys of a database expire', () => {
  let expiries: Expiries
  beforeEach(() => {
    expiries = new Expiries()
  })
  const key = (name: string) => new KeyEntry(name, 'text', 0, 0)
  const hash = (field: string, at: number): [KeyEntry, Hash] => {
    const value = new Hash()
    value.set(field, 'text', { entries: 10, valueBytes: 10 })
    value.expireAt(field, at)
    return [new KeyEntry('hash', value, 0, 0), value]
  }

  it('is never, at first', () => {
    expect(expiries.next).to.equal(Infinity)
    expect(expiries.size).to.equal(0)
  })

  it('is told by the earliest, of keys and of parts of values', () => {
    const [entry] = hash('field', 200)
    expiries.set(key('a'), 300)
    expect(expiries.readParts(entry)).to.equal(true)
    expect(expiries.next).to.equal(200)
    expect(expiries.firstParts?.entry).to.equal(entry)
    expiries.set(key('b'), 100)
    expect(expiries.next).to.equal(100)
    expect(expiries.firstKey?.key).to.equal('b')
    expect(expiries.size).to.equal(2)
  })

  it('says when the earliest may have changed', () => {
    const [first, second] = [key('a'), key('b')]
    expect(expiries.set(first, 200)).to.equal(true)
    expect(expiries.set(second, 300)).to.equal(false)
    expect(expiries.set(second, 100)).to.equal(true)
    expect(expiries.set(second, 400)).to.equal(true)
    expect(expiries.firstKey).to.equal(first)
  })

  it('forgets what no longer expires', () => {
    const entry = key('a')
    expiries.set(entry, 100)
    expiries.persist(entry)
    expect(entry.expiresAt).to.equal(-1)
    const [parts, value] = hash('field', 100)
    expiries.readParts(parts)
    value.persist('field')
    expect(expiries.readParts(parts)).to.equal(false)
    expect(parts.expiringParts).to.equal(undefined)
    expect(expiries.next).to.equal(Infinity)
  })

  it('follows a value that has replaced another', () => {
    const [entry] = hash('field', 100)
    expiries.readParts(entry)
    const [, later] = hash('field', 500)
    entry.value = later
    expiries.readParts(entry)
    expect(expiries.next).to.equal(500)
    entry.value = 'text'
    expiries.readParts(entry)
    expect(expiries.next).to.equal(Infinity)
  })
})
