import { inspect } from 'node:util'
import { Face, type FaceOptions } from './face.ts'

/**
 * How many names are remembered, so that each is the same function on each access. The limit is for
 * gateways, which may access any number of names.
 */
export const MOST_NAMES = 1_000

const proxies = new WeakSet<object>()

/** Whether this is a {@link methodProxy} or part of one: something remote. */
export function isMethodProxy(value: object): boolean {
  return proxies.has(value)
}

/** Marks what {@link isMethodProxy} knows. */
export function markElsewhere(value: object): void {
  proxies.add(value)
}

/**
 * An object on which every string name that is not local is a method that runs `call`; a name gives
 * the same function each time. It cannot be changed.
 * @param label its printed form
 */
export function methodProxy(label: string, call: (method: string, args: unknown[]) => unknown): object {
  const known = new Map<string, unknown>()
  return proxyOf(label, {
    make: (name) => {
      const method = (...args: unknown[]) => call(name, args)
      if (known.size < MOST_NAMES) known.set(name, method)
      return method
    },
    known,
    refusal: (name) => `${String(name)} of [${label}] cannot be changed`,
  })
}

/** An object whose names mean what the options say. */
export function proxyOf(label: string, options: FaceOptions): object {
  const face = new Face(options)
  const proxy = new Proxy(emptyObject(label), face)
  face.self = proxy
  markElsewhere(proxy)
  return proxy
}

let made = 0

/**
 * Each object is the only instance of its class. Comparisons see no properties, so they would
 * consider any two equal; but all of them check the class, its name or the result of
 * `Object.prototype.toString`.
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
