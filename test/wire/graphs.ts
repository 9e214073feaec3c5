import fc from 'fast-check'
import { Point } from './vectors.ts'

/** A container of a graph and the numbers of what is in it: below 100 a leaf, from 100 on another container. */
interface Node {
  readonly kind: (typeof KINDS)[number]
  readonly keys: readonly string[]
  readonly parts: readonly number[]
}

const KINDS = ['array', 'object', 'map', 'set', 'null-prototype', 'class', 'error'] as const

const key = fc.oneof(
  fc.constantFrom('a', 'b', '', '.', '\\', 'a.b', '0', 'constructor', 'prototype', 'toString', 'length', '\ud800'),
  fc.string({ unit: 'binary' }).filter((text) => text !== '__proto__'),
)

/** Any value without parts that can be sent. */
const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(undefined, null, true, false, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0),
  fc.double(),
  fc.integer(),
  fc.string({ unit: 'binary' }),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(/a/g, /[/]\n/u, /(?<x>\d)\k<x>/i).map((pattern) => new RegExp(pattern)),
  fc.webUrl({ withFragments: true, withQueryParameters: true }).map((text) => new URL(text)),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.uint8ClampedArray(),
  fc.uint16Array(),
  fc.uint8Array().map((bytes) => Uint8Array.from(bytes).buffer),
  fc.uint8Array().map((bytes) => new DataView(Uint8Array.from(bytes).buffer)),
)

const node: fc.Arbitrary<Node> = fc.record({
  kind: fc.constantFrom(...KINDS),
  keys: fc.uniqueArray(key, { minLength: 4, maxLength: 4 }),
  parts: fc.array(fc.nat({ max: 200 }), { maxLength: 4 }),
})

/** Any graph of values that can be sent, with cycles and shared references, and leaves that are shared as well. */
export const graph: fc.Arbitrary<unknown> = fc
  .tuple(fc.array(node, { minLength: 1, maxLength: 8 }), fc.array(leaf, { minLength: 1, maxLength: 8 }))
  .map(([nodes, leaves]) => build(nodes, leaves))

/** Any value without cycles and shared references, made of what plain JSON and superjson itself carry. */
export const tree: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.double(),
    fc.constantFrom(null, undefined),
    tie('object'),
    tie('array'),
  ),
  array: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
})).value

function build(nodes: readonly Node[], leaves: readonly unknown[]): unknown {
  const containers = nodes.map(({ kind }) => make(kind))
  for (const [i, { keys, parts }] of nodes.entries()) {
    const values = parts.map((n) => (n < 100 ? leaves[n % leaves.length] : containers[n % containers.length]))
    fill(containers[i] as object, keys, values)
  }
  return containers[0]
}

function make(kind: Node['kind']): object {
  switch (kind) {
    case 'array':
      return []
    case 'object':
      return {}
    case 'map':
      return new Map()
    case 'set':
      return new Set()
    case 'null-prototype':
      return Object.create(null)
    case 'class':
      return new Point(1)
    case 'error':
      return new TypeError('a\nb')
  }
}

function fill(container: object, keys: readonly string[], values: readonly unknown[]): void {
  if (Array.isArray(container)) container.push(...values)
  else if (container instanceof Map) for (let i = 1; i < values.length; i += 2) container.set(values[i - 1], values[i])
  else if (container instanceof Set) for (const value of values) container.add(value)
  else if (container instanceof Error) fillError(container, values)
  else {
    for (const [i, value] of values.entries()) {
      const name = keys[i] as string
      // Methods cannot be hidden by properties that travel.
      if (container instanceof Point && name in Point.prototype) continue
      Object.defineProperty(container, name, { value, enumerable: true, writable: true, configurable: true })
    }
  }
}

function fillError(error: Error, [cause, ...fields]: readonly unknown[]): void {
  Object.defineProperty(error, 'stack', { value: 'TypeError: a', writable: true, configurable: true })
  if (cause !== undefined) Object.defineProperty(error, 'cause', { value: cause, writable: true, configurable: true })
  Object.assign(error, { code: 'E', ...(fields.length > 0 && { fields }) })
}
