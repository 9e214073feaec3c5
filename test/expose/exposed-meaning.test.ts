import { mock } from 'node:test'
import { expect } from 'chai'
import { InvalidOptionError, MethodNotFoundError } from '../../lib/errors.ts'
import { exposedMembers } from '../../lib/expose/expose.ts'

class Store {
  #removed = 0
  remove(): string {
    this.#removed++
    return `removed ${this.#removed}`
  }
  list(): string {
    return 'listed'
  }
}

const deny = (): never => {
  throw new Error('denied')
}

/** Makes the methods now, and calls `remove` of them later. */
function serve(target: object, expose?: readonly string[]): () => unknown {
  const methods = exposedMembers('shop', target, { expose }).methods
  return () => {
    const method = methods.get('remove')
    if (method === undefined) throw new MethodNotFoundError('remove', 'shop')
    return method([])
  }
}

/** Whatever is served, these hold with and without `expose`. */
for (const expose of [undefined, ['remove', 'list']]) {
  describe(`an exposed name, ${expose === undefined ? 'listed' : 'named in expose'}, means what a local call would run`, () => {
    it('when a field overrides the method', () => {
      class Safe extends Store {
        override remove = deny
      }
      expect(serve(new Safe(), expose)).to.throw('denied')
      expect(serve(Object.assign(new Store(), { remove: deny }), expose)).to.throw('denied')
    })

    it('when the method is replaced later: by a spy, in the class, in a plain object', () => {
      const store = new Store()
      const plain = { remove: () => 'removed', list: () => 'listed' }
      class Late extends Store {}
      const [ofStore, ofPlain, ofLate] = [store, plain, new Late()].map((target) => serve(target, expose))
      expect([ofStore?.(), ofPlain?.(), ofLate?.()]).to.deep.equal(['removed 1', 'removed', 'removed 1'])
      const spy = mock.method(store, 'remove', () => 'spied')
      plain.remove = deny
      Object.defineProperty(Late.prototype, 'remove', { value: deny })
      expect(ofStore?.()).to.equal('spied')
      expect(spy.mock.callCount()).to.equal(1)
      expect(ofPlain).to.throw('denied')
      expect(ofLate).to.throw('denied')
      spy.mock.restore()
      expect(ofStore?.(), 'the spy is gone').to.equal('removed 2')
    })

    it('when an accessor takes its place later', () => {
      const store = new Store()
      const remove = serve(store, expose)
      let answer: () => unknown = () => 'first'
      Object.defineProperty(store, 'remove', { get: () => answer, configurable: true })
      expect(remove()).to.equal('first')
      answer = deny
      expect(remove).to.throw('denied')
    })

    for (const value of [undefined, null, 5, {}, class {}]) {
      it(`and is no method once it is ${value === undefined || value === null ? value : typeof value}`, () => {
        const targets = [new Store(), { remove: deny, list: deny }, new Proxy(new Store(), {})]
        for (const target of targets) {
          const remove = serve(target, expose)
          Object.assign(target, { remove: value })
          expect(remove).to.throw(
            MethodNotFoundError,
            'the server of shop exposes no method "remove": it existed when the server was created',
          )
        }
      })
    }

    it('and is no method once it is deleted, even where every object has one of its name', () => {
      const own = { toString: () => 'own', remove: deny, list: deny }
      class Named extends Store {
        override toString(): string {
          return 'own'
        }
      }
      for (const [target, holder] of [
        [own, own],
        [new Named(), Named.prototype],
        [new Proxy(new Named(), {}), Named.prototype],
      ] as const) {
        Object.defineProperty(holder, 'toString', { value: () => 'own', configurable: true, writable: true })
        const method = exposedMembers('shop', target, { expose: [...(expose ?? []), 'toString'] }).methods.get(
          'toString',
        )
        expect(method?.([])).to.equal('own')
        Reflect.deleteProperty(holder, 'toString')
        expect(() => method?.([])).to.throw(MethodNotFoundError)
      }
    })

    it('when the target is a Proxy, whichever function its trap gives', () => {
      expect(serve(new Proxy(new Store(), { get: () => deny }), expose)).to.throw('denied')
      let isAllowed = false
      const guarded = new Proxy(new Store(), {
        get: (store, name) => (isAllowed ? Reflect.get(store, name).bind(store) : deny),
      })
      const remove = serve(guarded, expose)
      expect(remove).to.throw('denied')
      isAllowed = true
      expect(remove()).to.equal('removed 1')
      expect(remove()).to.equal('removed 2')
      isAllowed = false
      expect(remove).to.throw('denied')
    })

    it('when the trap of a Proxy gives nothing, or throws', () => {
      const hiding = new Proxy(new Store(), { get: () => undefined })
      expect(serve(hiding, expose)).to.throw(MethodNotFoundError)
      const throwing = new Proxy(new Store(), { get: deny })
      expect(serve(throwing, expose)).to.throw('denied')
    })

    it('with the Proxy as this, so that what a method calls is wrapped too', () => {
      class Both extends Store {
        override list(): string {
          return 'listed'
        }
        override remove(): string {
          return this.list()
        }
      }
      const guarded = new Proxy(new Both(), {
        get: (target, name, receiver) => (name === 'list' ? deny : Reflect.get(target, name, receiver)),
      })
      expect(serve(guarded, expose)).to.throw('denied')
    })

    it('and fails as a local call does where a method reads #private fields of a Proxy', () => {
      const bare = new Proxy(new Store(), {})
      expect(() => bare.remove()).to.throw(TypeError)
      expect(serve(bare, expose)).to.throw(TypeError)
    })
  })
}

describe('a class that hides a method it inherits', () => {
  class Guarded extends Store {}
  const hide = (property: PropertyDescriptor): string[] => {
    Object.defineProperty(Guarded.prototype, 'remove', { ...property, configurable: true })
    return [...exposedMembers('shop', new Guarded()).methods.keys()]
  }

  it('does not expose it: neither with a value that is no function nor with an accessor', () => {
    for (const value of [undefined, null, 5, class {}]) expect(hide({ value })).to.deep.equal(['list'])
    expect(hide({ get: () => deny })).to.deep.equal(['list'])
    expect(hide({ value: deny })).to.have.members(['remove', 'list'])
  })

  it('does not expose one that an instance hides', () => {
    const shy = Object.assign(new Store(), { remove: undefined })
    expect([...exposedMembers('shop', shy).methods.keys()]).to.deep.equal(['list'])
    expect([...exposedMembers('shop', new (class extends Store { override list = deny })()).methods.keys()]).to.have.members(['remove', 'list']) // biome-ignore format: one line
  })
})

describe('a Proxy that does not tell what it has', () => {
  const dynamic = { get: (_: object, name: string | symbol) => () => `${String(name)} called` }
  const targets: Readonly<Record<string, object>> = {
    'a Proxy of nothing': new Proxy({}, dynamic),
    'a Proxy of nothing without prototype': new Proxy(Object.create(null), dynamic),
    'a Proxy of a function': new Proxy(() => {}, dynamic),
    'a Proxy whose keys cannot be listed': new Proxy(new Store(), { ...dynamic, ownKeys: deny, getPrototypeOf: deny }),
  }

  for (const [title, target] of Object.entries(targets)) {
    it(`is refused and asked for expose: ${title}`, () => {
      expect(() => exposedMembers('shop', target))
        .to.throw(InvalidOptionError, /methods can be listed; name in expose .*, got a Proxy/)
        .with.property('option', 'target')
    })

    it(`is served by the names in expose: ${title}`, () => {
      const methods = exposedMembers('shop', target, { expose: ['remove'] }).methods
      expect([...methods.keys()]).to.deep.equal(['remove'])
      expect(methods.get('remove')?.([])).to.equal('remove called')
    })

    it(`is never asked for what every object has: ${title}`, () => {
      for (const name of ['constructor', '__proto__', 'hasOwnProperty', 'toString', 'rpc.ping']) {
        expect(() => exposedMembers('shop', target, { expose: [name] }), name).to.throw(InvalidOptionError)
      }
    })
  }

  it('is refused by name when the target does not have it', () => {
    expect(() => exposedMembers('shop', new Proxy(new Store(), {}), { expose: ['remvoe'] })).to.throw(
      InvalidOptionError,
      'remvoe',
    )
  })

  it('keeps its own error as the cause', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(() => exposedMembers('shop', proxy))
      .to.throw(InvalidOptionError)
      .with.property('cause')
      .that.is.instanceOf(TypeError)
  })
})
