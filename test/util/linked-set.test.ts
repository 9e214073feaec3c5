import { expect } from 'chai'
import fc from 'fast-check'
import { type Linked, LinkedSet } from '../../lib/util/linked-set.ts'

class Member implements Linked<Member> {
  before: Member | undefined
  after: Member | undefined
  readonly number: number

  constructor(number: number) {
    this.number = number
  }
}

describe('LinkedSet', () => {
  it('has what a Set has, in the same order, whatever is added and deleted', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 9 })), (numbers) => {
        const members = Array.from({ length: 10 }, (_, number) => new Member(number))
        const linked = new LinkedSet<Member>()
        const plain = new Set<Member>()
        for (const number of numbers) {
          const member = members[number]!
          if (plain.delete(member)) linked.delete(member)
          else {
            plain.add(member)
            linked.add(member)
          }
          expect([...linked]).to.deep.equal([...plain])
        }
        for (const member of members)
          if (!plain.has(member)) expect([member.before, member.after]).to.deep.equal([undefined, undefined])
      }),
    )
  })

  it('can be emptied while it is iterated', () => {
    const linked = new LinkedSet<Member>()
    for (let number = 0; number < 3; number++) linked.add(new Member(number))
    const met: number[] = []
    for (const member of linked) {
      met.push(member.number)
      linked.delete(member)
    }
    expect(met).to.deep.equal([0, 1, 2])
    expect([...linked]).to.deep.equal([])
  })
})
