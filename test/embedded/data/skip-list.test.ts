import { expect } from 'chai'
import fc from 'fast-check'
import { SkipList, type SkipNode } from '../../../lib/embedded/data/skip-list.ts'

const entry = fc.record({ member: fc.constantFrom(...'abcdefghij'), score: fc.integer({ min: -2, max: 2 }) })

const before = (a: SkipNode, b: SkipNode): number => a.score - b.score || (a.member < b.member ? -1 : 1)

/** Puts entries into a list, each member once; one that comes again is taken out and put in anew. */
function build(entries: readonly { readonly member: string; readonly score: number }[]): [SkipList, SkipNode[]] {
  const list = new SkipList()
  const nodes = new Map<string, SkipNode>()
  for (const { member, score } of entries) {
    const old = nodes.get(member)
    if (old !== undefined) list.remove(old)
    nodes.set(member, list.insert(member, score))
  }
  return [list, [...nodes.values()].sort(before)]
}

describe('SkipList', () => {
  it('keeps members by score and bytes, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const [list, sorted] = build(entries)
        const forwards: SkipNode[] = []
        for (let node = list.first; node !== undefined; node = node.next[0]) forwards.push(node)
        const backwards: SkipNode[] = []
        for (let node = list.last; node !== undefined; node = node.previous) backwards.unshift(node)
        expect(forwards).to.deep.equal(sorted)
        expect(backwards).to.deep.equal(sorted)
        expect(list.length).to.equal(sorted.length)
      }),
    )
  })

  it('knows the rank of each node and the node of each rank', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), fc.integer({ min: -3, max: 3 }), (entries, score) => {
        const [list, sorted] = build(entries)
        expect(sorted.map((node) => list.rank(node))).to.deep.equal(sorted.map((_, i) => i))
        expect(sorted.map((_, i) => list.at(i))).to.deep.equal(sorted)
        expect(list.at(-1)).to.equal(undefined)
        expect(list.at(sorted.length)).to.equal(undefined)
        const below = sorted.filter((node) => node.score < score).length
        expect(list.countWhile((node) => node.score < score)).to.equal(below)
      }),
    )
  })

  it('finds ranks among a hundred thousand members in few steps', () => {
    const list = new SkipList()
    for (let i = 0; i < 100_000; i++) list.insert(`${i}`, (i * 7919) % 100_000)
    let steps = 0
    const rank = list.countWhile((node) => {
      steps++
      return node.score < 77_777
    })
    expect(rank).to.equal(77_777)
    expect(steps).to.be.lessThan(400)
  })
})
