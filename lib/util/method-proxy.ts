import { inspect } from 'node:util'
import { isLocalName } from './local-names.ts'

/** How many methods are remembered, each then the same function at each look: a gateway may ask for any number of names. */
const MOST_METHODS = 1_000

type Method = (...args: unknown[]) => unknown
type Call = (method: string, args: unknown[]) => unknown

const proxies = new WeakSet<object>()

/** Whether this is a {@link methodProxy}: something that is elsewhere. */
export function isMethodProxy(value: object): boolean {
  return proxies.has(value)
}

/**
 * An object on which every string name that is not {@link isLocalName | local} is a method that `call` carries out; a name gives
 * the same function each time. In all else it is a frozen object without properties: what looks at it sees that, and what
 * would change it is refused.
 * @param label what it says when it is printed
 */
export function methodProxy(label: string, call: Call): object {
  const proxy = new Proxy(emptyObject(label), new Methods(call))
  proxies.add(proxy)
  return proxy
}

class Methods implements ProxyHandler<object> {
  readonly #call: Call
  readonly #methods = new Map<string, Method>()

  constructor(call: Call) {
    this.#call = call
  }

  get(target: object, name: string | symbol): unknown {
    if (typeof name === 'symbol') return Reflect.get(target, name)
    return this.#methods.get(name) ?? (isLocalName(name) ? Reflect.get(target, name) : this.#make(name))
  }

  #make(name: string): Method {
    const call = this.#call
    const method: Method = (...args) => call(name, args)
    if (this.#methods.size < MOST_METHODS) this.#methods.set(name, method)
    return method
  }
}

let made = 0

/**
 * Each is the only one of its class. Comparisons see no properties, so they would take any two for equal; but all of them look
 * at the class, its name or what `Object.prototype.toString` says.
 */
function emptyObject(label: string): object {
  const text = `[${label}]`
  const tag = `${label} #${++made}`
  class Elsewhere {
    get [Symbol.toStringTag](): string {
      return tag
    }
    /** A template or a comparison would otherwise ask for a number first. */
    [Symbol.toPrimitive](): string {
      return text
    }
    [inspect.custom](): string {
      return text
    }
    toString(): string {
      return text
    }
  }
  Object.defineProperty(Elsewhere, 'name', { value: label })
  return Object.freeze(new Elsewhere())
}
