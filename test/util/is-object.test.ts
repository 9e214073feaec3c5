import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { isObject, isPlainObject, isRecord } from '../../lib/util/is-object.ts'

describe('what kind of object a value is', () => {
  const other: unknown = runInNewContext('({ a: 1 })')
  const without = Object.create(null) as unknown
  for (const [what, value, is] of [
    ['null', null, []],
    ['a text', 'text', []],
    ['a function', () => {}, []],
    ['an array', [], [isObject]],
    ['an instance', new Date(), [isObject, isRecord]],
    ['a plain object', {}, [isObject, isRecord, isPlainObject]],
    ['an object without a prototype', without, [isObject, isRecord, isPlainObject]],
    ['a plain object of another realm', other, [isObject, isRecord, isPlainObject]],
  ] as const)
    it(`is told for ${what}`, () => {
      const all = [isObject, isRecord, isPlainObject]
      expect(all.filter((holds) => holds(value)).map(({ name }) => name)).to.deep.equal(is.map(({ name }) => name))
    })
})
