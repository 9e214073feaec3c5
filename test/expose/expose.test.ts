import { EventEmitter } from 'node:events'
import { createContext, runInContext } from 'node:vm'
import { expect } from 'chai'
import { InvalidOptionError } from '../../lib/errors.ts'
import { exposedMembers } from '../../lib/expose/expose.ts'
import type { ExposedMethod } from '../../lib/expose/look-up.ts'

class Base {
  inherited(): string {
    return 'base'
  }
  overridden(): string {
    return 'base'
  }
}

class Service extends Base {
  readonly secretTool = (): string => 'handed in from outside'
  balance = 7
  static create(): Service {
    return new Service()
  }
  get size(): number {
    return this.balance
  }
  override overridden(): string {
    return `service ${this.balance}`
  }
  _internal(): void {}
  #secret(): void {}
  'rpc.ping'(): void {}
  use(): void {
    this.#secret()
  }
}

const expose = (target: object, names?: readonly string[]): ReadonlyMap<string, ExposedMethod> =>
  exposedMembers('calc', target, { expose: names }).methods
const names = (target: object, named?: readonly string[]): string[] => [...expose(target, named).keys()].sort()
const call = (target: object, name: string, ...args: unknown[]): unknown => expose(target).get(name)?.(args)

describe('exposed methods', () => {
  it('are the methods of an instance, inherited ones included, and not what it holds in fields', () => {
    expect(names(new Service())).to.deep.equal(['inherited', 'overridden', 'use'])
  })

  it('are bound, and the nearest one wins', () => {
    expect(call(new Service(), 'overridden')).to.equal('service 7')
    expect(call(new Service(), 'inherited')).to.equal('base')
  })

  it('are the own functions of a plain object, and nothing inherited', () => {
    const object = { add: (a: number, b: number) => a + b, value: 5, _hidden() {}, Class: class {}, get lazy() { return 1 } } // biome-ignore format: one line
    expect(names(object)).to.deep.equal(['add'])
    expect(call(object, 'add', 2, 3)).to.equal(5)
    expect(names(Object.assign(Object.create(null), { add() {} }))).to.deep.equal(['add'])
  })

  it('never hold a name of Object.prototype', () => {
    const foreign = runInContext('({ add() {} })', createContext()) as object
    for (const target of [new Service(), {}, Object.create(null), [], foreign, new Proxy(new Service(), {})]) {
      for (const name of [
        'constructor',
        '__proto__',
        'toString',
        'hasOwnProperty',
        '__defineGetter__',
        'valueOf',
        'then',
      ]) {
        expect(expose(target).has(name), name).to.equal(false)
      }
    }
  })

  it('have a name that means something on every object only where expose names it', () => {
    class Named {
      add(): void {}
      toString(): string {
        return 'own'
      }
      toJSON(): string {
        return 'own'
      }
      asymmetricMatch(): void {}
      nodeType(): void {}
      onModuleInit(): void {}
      $$typeof(): void {}
      $transaction(): void {}
      _id(): string {
        return 'own'
      }
    }
    expect(names(new Named())).to.deep.equal(['$transaction', 'add'])
    for (const name of ['toString', 'toJSON', '_id']) {
      expect(expose(new Named(), [name]).get(name)?.([]), name).to.equal('own')
    }
  })

  it('are not the methods of an event emitter', () => {
    class Shop extends EventEmitter {
      order(): void {}
    }
    expect(names(new Shop())).to.deep.equal(['order'])
  })

  it('are exactly those named, fields and accessors too, which are read anew at each call', () => {
    const service = new Service()
    const methods = expose(service, ['use', 'size', 'balance', 'secretTool'])
    expect([...methods.keys()]).to.deep.equal(['use', 'size', 'balance', 'secretTool'])
    service.balance = 8
    expect(methods.get('size')?.([])).to.equal(8)
    expect(methods.get('balance')?.([])).to.equal(8)
    expect(methods.get('secretTool')?.([])).to.equal('handed in from outside')
  })

  for (const name of ['missing', 'constructor', '__proto__', 'toString', 'rpc.ping']) {
    it(`refuse to name ${name}`, () => {
      for (const target of [new Service(), new Proxy(new Service(), {})]) {
        expect(() => expose(target, [name]))
          .to.throw(InvalidOptionError)
          .with.property('option', 'expose')
      }
    })
  }

  it('are not the hooks by which a framework begins and ends the service, unless named', () => {
    const target = { find: () => 1, onModuleInit: () => 2, onModuleDestroy: () => 3, onApplicationShutdown: () => 4 }
    expect(names(target)).to.deep.equal(['find'])
    expect(names(target, ['onModuleInit'])).to.deep.equal(['onModuleInit'])
  })

  it('are not none at all, unless of a plain object: a class in the place of its instance, say, or only fields', () => {
    class Fields {
      readonly add = (a: number, b: number): number => a + b
    }
    expect(() => expose(Service.bind(null) as object)).to.throw(InvalidOptionError, 'target must be an object')
    expect(() => expose(class {})).to.throw(InvalidOptionError, 'an instance, not the class, got a function')
    expect(() => expose(new Fields())).to.throw(InvalidOptionError, 'named in expose, got an object')
    expect(names(new Fields(), ['add'])).to.deep.equal(['add'])
    expect(names({})).to.deep.equal([])
    expect(names(Service)).to.deep.equal(['create'])
  })
})
