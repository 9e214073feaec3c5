import { expect } from 'chai'
import { ReferenceLimitError } from '../../../lib/errors.ts'
import { Borrowed, type Loaner } from '../../../lib/rpc/objects/borrowed.ts'
import type { Handle } from '../../../lib/wire/handle.ts'

const AT = '{calc}:server:V1StGXR8_Z5j'

describe('what an endpoint has borrowed', () => {
  let given: string[]
  let later: (() => void)[]
  let borrowed: Borrowed
  beforeEach(() => {
    given = []
    later = []
    borrowed = new Borrowed({
      maxReferences: 3,
      maxStreams: 1,
      of: 'the client of calc',
      make: (loaner: Loaner) => ({ loaner }),
      giveBack: (_at, loans, kept) => void given.push([...loans, ...kept.map((loan) => `keeps ${loan}`)].join(' ')),
      later: (run) => void later.push(run),
    })
  })
  const handle = (id: number, loan = id): Handle => ({ at: AT, id, loan })
  const borrow = (id: number, loan?: number): object => borrowed.borrow('Reference', handle(id, loan))
  const release = (proxy: object): void => borrowed.release(borrowed.of(proxy) as Loaner)
  /** The loans that are given back by the end of the turn. */
  const returned = (): string[] => {
    for (const run of later.splice(0)) run()
    return given.splice(0)
  }
  /** What is done with a reply that nobody waits for, such as one that comes twice. */
  const discard = (...handles: readonly Handle[]): void => {
    const decode = (): never => {
      for (const each of handles) borrowed.borrow('Reference', each)
      throw new Error('nobody waits for it')
    }
    expect(() => borrowed.together(decode)).to.throw('nobody waits for it')
  }

  it('is the same when it is borrowed again, and one loan of it is enough', () => {
    const proxy = borrow(1, 1)
    expect(borrow(1, 2)).to.equal(proxy)
    expect(borrow(1, 1)).to.equal(proxy)
    expect(returned()).to.deep.equal(['2 keeps 1'])
    release(proxy)
    release(proxy)
    expect(returned()).to.deep.equal(['1'])
    expect(borrow(1, 3)).to.not.equal(proxy)
  })

  it('is given back once the last request that takes it home has ended', () => {
    const proxy = borrow(1)
    const trips = [1, 2].map(() => borrowed.sendHome(borrowed.of(proxy) as Loaner))
    release(proxy)
    trips[0]!.settle(AT)
    trips[0]!.cancel()
    expect(returned()).to.deep.equal([])
    trips[1]!.settle(AT)
    expect(returned()).to.deep.equal(['1'])
    const other = borrow(2)
    borrowed.sendHome(borrowed.of(other) as Loaner).settle(AT)
    expect(returned(), 'it was not released').to.deep.equal([])
  })

  it('stays borrowed when its reply comes twice', () => {
    const proxy = borrow(1)
    discard(handle(1))
    borrowed.decline(handle(1))
    expect(returned()).to.deep.equal([])
    expect(borrow(1)).to.equal(proxy)
    release(proxy)
    discard(handle(1))
    expect(returned()).to.deep.equal(['1 1'])
  })

  it('is not given back on its way home when its reply comes twice', () => {
    const proxy = borrow(1)
    const trip = borrowed.sendHome(borrowed.of(proxy) as Loaner)
    release(proxy)
    discard(handle(1))
    borrowed.decline(handle(1))
    expect(returned()).to.deep.equal([])
    trip.settle(AT)
    expect(returned()).to.deep.equal(['1'])
  })

  it('has a limit: what is more is given back at once', () => {
    const proxies = [1, 2, 3].map((id) => borrow(id))
    expect(() => borrow(4)).to.throw(ReferenceLimitError)
    borrowed.borrow('Stream', handle(5))
    expect(() => borrowed.borrow('Stream', handle(6))).to.throw(ReferenceLimitError)
    expect(returned()).to.deep.equal(['4 6'])
    expect(borrowed.size).to.equal(4)
    release(proxies[0] as object)
    borrow(4, 7)
    expect(returned()).to.deep.equal(['1'])
  })
})
