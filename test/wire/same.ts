import { expect } from 'chai'

/**
 * Expects two values to be the same in everything that travels: types, prototypes, keys and their order, entries and
 * their order, bytes, and which references are one. Stricter than any deep equality, which looks at no identities.
 */
export function expectSame(actual: unknown, expected: unknown): void {
  const problem = new Comparison().difference(actual, expected, 'value')
  expect(problem, problem).to.equal(undefined)
}

class Comparison {
  private readonly partners = new Map<object, object>()
  private readonly taken = new Set<object>()

  /** What differs and where; undefined: nothing. */
  difference(actual: unknown, expected: unknown, path: string): string | undefined {
    if (typeof expected !== 'object' || expected === null) {
      return Object.is(actual, expected) ? undefined : `${path}: ${String(actual)} is not ${String(expected)}`
    }
    if (typeof actual !== 'object' || actual === null) return `${path}: ${String(actual)} is no object`
    const partner = this.partners.get(expected)
    if (partner !== undefined) return partner === actual ? undefined : `${path}: is not the object it was before`
    if (this.taken.has(actual)) return `${path}: is an object that stands elsewhere too`
    this.partners.set(expected, actual)
    this.taken.add(actual)
    if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return `${path}: has another prototype`
    return this.partsDiffer(parts(actual), parts(expected), path)
  }

  private partsDiffer(actual: readonly Part[], expected: readonly Part[], path: string): string | undefined {
    const names = (all: readonly Part[]): string => JSON.stringify(all.map(([name]) => name))
    if (names(actual) !== names(expected)) return `${path}: has parts ${names(actual)}, not ${names(expected)}`
    for (const [i, [name, value]] of expected.entries()) {
      const found = this.difference(actual[i]?.[1], value, `${path}.${name}`)
      if (found !== undefined) return found
    }
    return undefined
  }
}

type Part = readonly [name: string, value: unknown]

/** All that makes up an object, in order. */
function parts(object: object): Part[] {
  if (object instanceof Map) return [...object].flatMap(([k, v], i) => [part(`key ${i}`, k), part(`value ${i}`, v)])
  if (object instanceof Set) return [...object].map((member, i) => part(`member ${i}`, member))
  if (object instanceof Date) return [part('time', object.getTime())]
  if (object instanceof URL) return [part('href', object.href)]
  if (object instanceof RegExp) return [part('text', String(object)), part('lastIndex', object.lastIndex)]
  if (object instanceof ArrayBuffer) return [part('bytes', Buffer.from(object).toString('hex'))]
  if (ArrayBuffer.isView(object)) {
    return [part('bytes', Buffer.from(object.buffer, object.byteOffset, object.byteLength).toString('hex'))]
  }
  const own = Object.keys(object).map((key) => part(key, (object as Record<string, unknown>)[key]))
  if (!(object instanceof Error)) return own
  const hidden = ['message', 'name', 'cause', 'errors'].filter(
    (key) => key in object && !Object.keys(object).includes(key),
  )
  const texts = hidden.map((key) => part(key, (object as unknown as Record<string, unknown>)[key]))
  return [...texts, ...own.sort(([a], [b]) => (a < b ? -1 : 1))]
}

function part(name: string, value: unknown): Part {
  return [name, value]
}
