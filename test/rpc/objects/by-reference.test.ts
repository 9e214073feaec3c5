import { expect } from 'chai'
import { InvalidOptionError } from '../../../lib/errors.ts'
import { ReferenceClasses, RemoteTarget, ref } from '../../../lib/rpc/objects/by-reference.ts'
import { dispose } from '../../../lib/rpc/objects/dispose.ts'

class Cursor {}
class Special extends Cursor {}

describe('objects that are passed by reference', () => {
  it('are those that are marked, and those of classes that an end names, with what is accessible of them', () => {
    const classes = new ReferenceClasses([Cursor, { class: Date, expose: ['getTime'] }])
    expect(classes.of(new Special())).to.have.property('class', Cursor)
    expect(classes.of(new Date(0))).to.deep.include({ expose: ['getTime'] })
    expect(classes.of({})).to.equal(undefined)
    expect(classes.of(Object.create(null))).to.equal(undefined)
    expect(classes.of(ref({}, { expose: ['a'] }))).to.deep.equal({ expose: ['a'] })
    expect(new ReferenceClasses().of(new (class extends RemoteTarget {})())).to.deep.equal({})
  })

  it('are refused where what names them cannot be right', () => {
    for (const references of [
      5,
      'Cursor',
      {},
      [5],
      [null],
      [{}],
      [{ class: 'Cursor' }],
      [{ class: Cursor, exposes: [] }],
    ])
      expect(() => new ReferenceClasses(references as never), JSON.stringify(references)).to.throw(InvalidOptionError)
    for (const object of [5, null, () => 1, Object.freeze({})])
      expect(() => ref(object as never)).to.throw(InvalidOptionError)
  })
})

describe('disposing of what nobody has any more', () => {
  const errorsOf = async (object: object): Promise<string[]> => {
    const errors: string[] = []
    dispose(object, ({ message }) => void errors.push(message))
    await Promise.resolve()
      .then(() => {})
      .then(() => {})
    return errors
  }

  it('calls one of its two methods, where it has one', async () => {
    const called: string[] = []
    const both = { [Symbol.dispose]: () => void called.push('sync'), [Symbol.asyncDispose]: () => called.push('async') }
    const late = { [Symbol.asyncDispose]: async () => void called.push('late') }
    for (const object of [both, late, {}]) expect(await errorsOf(object)).to.deep.equal([])
    expect(called).to.deep.equal(['sync', 'late'])
  })

  it('tells what that throws, now or later, and what is no error', async () => {
    const thrower = (thrown: unknown) => () => {
      throw thrown
    }
    const failures: [object, string][] = [
      [{ [Symbol.dispose]: thrower(new Error('now')) }, 'now'],
      [{ [Symbol.dispose]: thrower('text') }, 'disposing of a reference threw'],
      [{ [Symbol.asyncDispose]: () => Promise.reject(new Error('later')) }, 'later'],
      [{ get [Symbol.dispose]() { throw new Error('a getter') } }, 'a getter'], // biome-ignore format: one property
    ]
    for (const [object, message] of failures) {
      const [error, ...others] = await errorsOf(object)
      expect(error).to.include(message)
      expect(others).to.deep.equal([])
    }
  })
})
