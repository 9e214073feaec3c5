import { expect } from 'chai'
import { firstItems } from '../../lib/inspect/index.ts'

describe('the first items of a list', () => {
  const pages = [['a', 'b'], ['b', 'c'], [], ['d']]
  const read: number[] = []
  const first = (most: number) =>
    firstItems(most, async (cursor) => {
      const page = Number(cursor ?? 0)
      read.push(page)
      return {
        items: pages[page]!.map((name) => ({ name })),
        cursor: page + 1 < pages.length ? String(page + 1) : undefined,
      }
    })
  beforeEach(() => void read.splice(0))

  it('are of all pages, each once', async () => {
    expect(await first(4)).to.deep.equal({ items: ['a', 'b', 'c', 'd'].map((name) => ({ name })), more: false })
  })

  it('are no more than wanted, from no more pages than needed', async () => {
    expect(await first(1)).to.deep.equal({ items: [{ name: 'a' }], more: true })
    expect(await first(3)).to.deep.equal({ items: ['a', 'b', 'c'].map((name) => ({ name })), more: true })
    expect(read).to.deep.equal([0, 0, 1])
  })
})
