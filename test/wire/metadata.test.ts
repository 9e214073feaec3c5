import { expect } from 'chai'
import { setDispensable } from '../../lib/util/dispensable.ts'
import { checkMetadata, readMetadata } from '../../lib/wire/metadata.ts'

const MOST = 16_384

describe('the metadata of a message', () => {
  it('is copied, so that later changes by the caller are not sent', () => {
    const given = { a: '1' }
    const checked = checkMetadata(given)
    given.a = '2'
    expect(checked).to.deep.equal({ a: '1' })
  })

  it('leaves out entries that may be left out if they do not fit, and only those', () => {
    const given: Record<string, string> = { own: 'x'.repeat(MOST - 3 - 10) }
    setDispensable(given, 'trace', 'y'.repeat(100))
    setDispensable(given, 'flag', '1')
    expect(checkMetadata(given)).to.deep.equal({ own: given.own, flag: '1' })
    expect(Reflect.ownKeys(checkMetadata(given))).to.deep.equal(['own', 'flag'])
    given.own += 'x'.repeat(11)
    expect(() => checkMetadata(given)).to.throw('metadata must be an object of strings')
  })

  it('does not count an entry that was deleted again', () => {
    const given: Record<string, string> = { own: 'x'.repeat(MOST - 100) }
    setDispensable(given, 'gone', '1')
    delete given.gone
    setDispensable(given, 'trace', 'y'.repeat(100))
    expect(checkMetadata(given)).to.deep.equal({ own: given.own })
  })

  for (const [what, refused] of Object.entries({
    'not an object': 'text',
    null: null,
    'a number in it': { a: 1 },
    'a key __proto__': JSON.parse('{"__proto__":"x"}') as unknown,
    'an object in __proto__': JSON.parse('{"__proto__":{"a":"x"}}') as unknown,
    'too many characters': { a: 'x'.repeat(MOST) },
  })) {
    it(`is refused: ${what}`, () => {
      expect(() => checkMetadata(refused)).to.throw('metadata must be an object of strings')
      expect(() => readMetadata(refused)).to.throw('options.metadata')
    })
  }
})
