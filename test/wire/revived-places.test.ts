import { expect } from 'chai'
import { ProtocolError } from '../../lib/errors.ts'
import { declineRest } from '../../lib/wire/decline-rest.ts'
import { RevivedPlaces } from '../../lib/wire/revived-places.ts'

describe('the places that paths of annotations lead to', () => {
  const json = JSON.parse('{"a":[{"b.c":1}],"__proto__":{"d":2}}') as Record<string, unknown>

  it('are own parts of objects and arrays', () => {
    const { container, key } = new RevivedPlaces().locate(json, 'a.0.b\\.c')
    expect(container[key]).to.equal(1)
    expect(new RevivedPlaces().locate(json, '__proto__.d')).to.deep.equal({ container: { d: 2 }, key: 'd' })
  })

  for (const path of ['b', 'a.1', 'a.-0', 'a.00', 'a.length', 'toString', 'constructor.name', 'a\\x', ''])
    it(`are not found at ${JSON.stringify(path)}`, () => {
      expect(() => new RevivedPlaces().locate(json, path)).to.throw(ProtocolError)
    })

  it('are in the JSON of an object that has replaced it', () => {
    const places = new RevivedPlaces()
    const error = new Error('no')
    places.replaced(error, { message: 'yes' })
    expect(places.locate({ error }, 'error.message').container).to.deep.equal({ message: 'yes' })
  })

  it('are not in a value that was made by others', () => {
    const places = new RevivedPlaces()
    const made = { inner: 1 }
    places.close(made)
    expect(places.locate({ made }, 'made').container).to.deep.equal({ made })
    expect(() => places.locate({ made }, 'made.inner')).to.throw(ProtocolError)
  })
})

describe('what is declined of a refused message', () => {
  const handle = { at: 'client:A', id: 1, loan: 2 }
  const declined = (json: unknown, tree: unknown): unknown[] => {
    const handles: unknown[] = []
    declineRest(json, tree, new RevivedPlaces(), (one) => void handles.push(one))
    return handles
  }

  it('is every handle, whatever else is malformed', () => {
    const tree = {
      a: [['custom', 'Function']],
      nope: [['custom', 'Function']],
      c: [['map'], { '0.1': [['custom', 'Stream']] }],
    }
    expect(declined({ a: handle, c: [['key', handle]] }, tree)).to.deep.equal([handle, handle])
  })

  it('is nothing that is no handle', () => {
    expect(declined({ a: handle, b: 1 }, { a: [['custom', 'Error']], b: [['custom', 'Function']] })).to.deep.equal([])
    expect(declined(handle, undefined)).to.deep.equal([])
  })
})
