import { expect } from 'chai'
import { againstArrows, arrowsOfFloors, circles, importsIn } from './import-graph.ts'

const graph = (files: Readonly<Record<string, readonly string[]>>): Map<string, readonly string[]> =>
  new Map(Object.entries(files))

describe('import graph', () => {
  it('reads every form of import, of types too', () => {
    const text = `import './a.ts'
import b, { type B } from './b.ts'
import type { C } from '../c.ts'
import {
  D,
  type E,
} from './deep/d.ts'
export * from './e.ts'
export type { F } from './f.ts'
const g = await import('./g.ts')
type H = import('./h.ts').H
import { Redis } from 'ioredis'
// no import: './i.ts'
`
    expect(importsIn(text, 'room/file.ts')).to.have.members([
      ...['a', 'b', 'deep/d', 'e', 'f', 'g', 'h'].map((name) => `room/${name}.ts`),
      'c.ts',
      'pkg:ioredis',
    ])
  })

  it('finds each circle, whole and apart from what leads to it', () => {
    const rings = graph({
      a: ['b'],
      b: ['c'],
      c: ['d', 'e'],
      d: ['b', 'e'],
      e: ['f'],
      f: ['e'],
      g: ['g', 'a'],
      h: ['a', 'pkg:x'],
    })
    expect(circles(rings)).to.have.deep.members([['b', 'c', 'd'], ['e', 'f'], ['g']])
    expect(circles(graph({ a: ['b', 'c'], b: ['c'], c: [] }))).to.deep.equal([])
  })

  it('tells which imports no arrow allows', () => {
    const arrows = arrowsOfFloors([['top.ts'], ['left', 'right'], ['low']])
    const files = graph({
      'in/top.ts': ['in/left/a.ts', 'in/low/a.ts', 'pkg:x', 'out/a.ts'],
      'in/left/a.ts': ['in/left/b.ts', 'in/right/a.ts', 'in/low/a.ts'],
      'in/right/a.ts': ['in/left/a.ts', 'in/low/a.ts'],
      'in/low/a.ts': ['in/top.ts'],
      'out/a.ts': ['in/top.ts'],
    })
    expect(againstArrows(files, arrows, 'in/')).to.deep.equal([
      'in/right/a.ts imports in/left/a.ts',
      'in/low/a.ts imports in/top.ts',
    ])
  })
})
