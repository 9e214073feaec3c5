import { expect } from 'chai'
import { Lent, type Loaned, type Thing } from '../../../lib/rpc/objects/lent.ts'

const BORROWERS = ['server:A', 'server:B'] as const
type Borrower = (typeof BORROWERS)[number]
const LOANS = [0, 1] as const

/** One thing that may happen. */
interface Step {
  readonly name: string
  run(world: World): void
}

/** What the rules say of a loan, written down a second time and as plainly as possible. */
interface Expected {
  isOpen: boolean
  readonly has: Set<Borrower>
  readonly gaveBack: Set<Borrower>
}

/** A thing that is lent twice, in requests to any server, and what should be true of it. */
class World {
  readonly ended: Thing[] = []
  readonly loans: Loaned[] = []
  readonly expected: Expected[] = []
  readonly object = {}
  readonly lent = new Lent({
    maxReferences: 10,
    maxStreams: 10,
    of: 'the client',
    isServer: (list) => list.startsWith('server:'),
    onEnd: (thing) => void this.ended.push(thing),
    onBorrowed: () => {},
  })

  constructor() {
    for (const _ of LOANS) {
      this.loans.push(this.lent.lend('Function', this.object, { to: '', isRequest: true }))
      this.expected.push({ isOpen: true, has: new Set(), gaveBack: new Set() })
    }
  }

  get isOver(): boolean {
    return this.expected.every(({ isOpen, has }) => !isOpen && has.size === 0)
  }

  use(by: Borrower): void {
    const having = this.expected.some(({ has }) => has.has(by))
    const open = this.expected.find(({ isOpen, gaveBack }) => isOpen && !gaveBack.has(by))
    if (!having) open?.has.add(by)
    const thing = this.lent.use(this.id, by)
    expect(thing !== undefined, `${by} uses it`).to.equal(having || open !== undefined)
  }

  settle(at: number, by: Borrower | undefined): void {
    const loan = this.expected[at] as Expected
    if (loan.isOpen && by !== undefined && !loan.gaveBack.has(by)) loan.has.add(by)
    loan.isOpen = false
    this.loans[at]?.loan.settle(by)
  }

  release(at: number, by: Borrower): void {
    const loan = this.expected[at] as Expected
    loan.has.delete(by)
    if (loan.isOpen) loan.gaveBack.add(by)
    this.lent.release([this.loans[at]?.number ?? 0], by)
  }

  cancel(at: number): void {
    const loan = this.expected[at] as Expected
    loan.isOpen = false
    loan.has.clear()
    this.loans[at]?.loan.cancel()
  }

  lose(borrower: Borrower): void {
    for (const { has, isOpen, gaveBack } of this.expected) if (has.delete(borrower) && isOpen) gaveBack.add(borrower)
    this.lent.dropBorrower(borrower)
  }

  check(): void {
    const kept = this.expected.filter(({ isOpen, has }) => isOpen || has.size > 0).length
    expect(this.lent.size, 'loans').to.equal(kept)
    const borrowers = BORROWERS.filter((borrower) => this.expected.some(({ has }) => has.has(borrower)))
    expect([...this.lent.borrowers].sort(), 'borrowers').to.deep.equal(borrowers)
    expect(this.ended.length, 'times that it ended').to.equal(this.isOver ? 1 : 0)
    // A stranger changes nothing, whatever it says.
    this.lent.release(
      this.loans.map(({ number }) => number),
      'client:C',
    )
    expect(this.lent.use(this.id, 'client:C')).to.equal(undefined)
  }

  get id(): number {
    return this.loans[0]?.thing.id ?? 0
  }
}

const STEPS: readonly Step[] = [
  ...BORROWERS.flatMap((borrower): Step[] => [
    { name: `${borrower} uses it`, run: (world) => world.use(borrower) },
    { name: `${borrower} is gone`, run: (world) => world.lose(borrower) },
    ...LOANS.flatMap((at): Step[] => [
      { name: `${borrower} gives ${at} back`, run: (world) => world.release(at, borrower) },
      { name: `${borrower} answers ${at}`, run: (world) => world.settle(at, borrower) },
    ]),
  ]),
  ...LOANS.flatMap((at): Step[] => [
    { name: `${at} is given up`, run: (world) => world.settle(at, undefined) },
    { name: `${at} is not sent`, run: (world) => world.cancel(at) },
  ]),
]
/** Every order of so many steps, each of which may happen again: 16 + … + 16^4. */
const LENGTH = 4

describe('what is lent', () => {
  it(`keeps its rules in every order of ${LENGTH} steps, of two borrowers and two loans`, () => {
    const orders: Step[][] = [[]]
    let count = 0
    for (let order = orders.pop(); order !== undefined; order = orders.pop()) {
      count++
      const world = new World()
      try {
        for (const step of order) step.run(world)
        world.check()
      } catch (error) {
        throw new Error(order.map(({ name }) => name).join('; '), { cause: error })
      }
      if (order.length < LENGTH) for (const step of STEPS) orders.push([...order, step])
    }
    expect(count).to.equal(1 + 16 + 16 ** 2 + 16 ** 3 + 16 ** 4)
  }).timeout(60_000)

  it('whoever has given an open loan back cannot use it any more', () => {
    const world = new World()
    world.cancel(1)
    world.lent.use(world.id, 'server:A')
    world.lent.release([world.loans[0]?.number ?? 0], 'server:A')
    expect(world.lent.use(world.id, 'server:A')).to.equal(undefined)
    expect(world.lent.use(world.id, 'server:B')).to.not.equal(undefined)
  })

  it('a number that was never lent, is a fraction or huge, is nobody’s', () => {
    const world = new World()
    for (const number of [-1, 0, 0.5, 1e300, Number.NaN, Number.MAX_SAFE_INTEGER]) {
      expect(world.lent.use(number, 'server:A')).to.equal(undefined)
      world.lent.release([number], 'server:A')
    }
    world.check()
  })
})
