/**
 * Reads JSON Schemas that a stranger may have written: they can be large, deep and recursive, and
 * any part may be anything. Each look ends soon.
 * @see https://json-schema.org/draft/2020-12
 */
import { isRecord } from '../util/is-object.ts'
import { boundedText } from './bounded.ts'

/** A schema with its keywords, none of which was checked. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** How many references may lead from one to the next. */
const MOST_REFERENCES = 8
/** How deep a type is described, and by how many parts. */
const DEEPEST = 3
const MOST_PARTS = 40
/** An object with more properties is not looked into. */
const MOST_NAMES = 200
const LONGEST_TYPE = 200

/** A schema, or what its reference within the root leads to; undefined when it is none, or leads nowhere. */
export function resolved(schema: unknown, root: unknown): JsonSchema | undefined {
  let at = schema
  for (let followed = 0; followed <= MOST_REFERENCES; followed++) {
    if (!isRecord(at)) return undefined
    const { $ref: reference } = at
    if (reference === undefined) return at
    if (typeof reference !== 'string') return undefined
    const [, collection, name] = /^#\/(\$defs|definitions)\/([^/~%]{1,100})$/.exec(reference) ?? []
    at = reference === '#' ? root : own(own(root, collection), name)
  }
  return undefined
}

/** What a schema describes, in a line: `{ sku: string, count?: integer }[]`. What is too much is `…`. */
export function typeText(schema: unknown, root: unknown): string {
  let left = MOST_PARTS
  const describe = (part: unknown, depth: number): string => {
    if (left-- <= 0 || depth > DEEPEST) return '…'
    const known = resolved(part, root)
    if (known === undefined) return 'any value'
    const { type, enum: values, anyOf, oneOf } = known
    if ('const' in known) return literal(known.const)
    if (Array.isArray(values)) return union(values, literal)
    const either = Array.isArray(anyOf) ? anyOf : oneOf
    if (Array.isArray(either)) return union(either, (each) => describe(each, depth + 1))
    if (Array.isArray(type)) return union(type, (each) => (typeof each === 'string' ? boundedText(each, 20) : '…'))
    if (type === 'array') return describeArray(known, depth)
    if (type === 'object') return describeObject(known, depth)
    return typeof type === 'string' ? boundedText(type, 20) : 'any value'
  }
  const describeArray = ({ prefixItems, items }: JsonSchema, depth: number): string => {
    const tuple = Array.isArray(prefixItems) ? prefixItems : items
    if (Array.isArray(tuple)) return `[${list(tuple, (each) => describe(each, depth + 1))}]`
    const each = items === undefined ? '' : describe(items, depth + 1)
    if (each === '') return 'array'
    return / \| /.test(each) ? `(${each})[]` : `${each}[]`
  }
  const describeObject = ({ properties, required }: JsonSchema, depth: number): string => {
    const names = isRecord(properties) ? Object.keys(properties) : []
    if (names.length === 0) return 'object'
    if (names.length > MOST_NAMES) {
      // There may be many of its kind, and even to list its names takes time.
      left = 0
      return 'object'
    }
    const needed = new Set(Array.isArray(required) ? required.slice(0, MOST_NAMES) : [])
    const property = (name: string): string =>
      `${boundedText(name, 40)}${needed.has(name) ? '' : '?'}: ${describe(own(properties, name), depth + 1)}`
    return `{ ${list(names, property)} }`
  }
  const list = <T>(parts: readonly T[], show: (part: T) => string): string => {
    const shown: string[] = []
    for (const part of parts) {
      if (left <= 0) return [...shown, '…'].join(', ')
      shown.push(show(part))
    }
    return shown.join(', ')
  }
  const union = (parts: readonly unknown[], show: (part: unknown) => string): string => {
    const shown = parts.slice(0, 6).map(show)
    return [...new Set(shown), ...(parts.length > 6 ? [`… (${parts.length} in all)`] : [])].join(' | ')
  }
  const text = describe(schema, 0)
  return text.length <= LONGEST_TYPE ? text : `${text.slice(0, LONGEST_TYPE - 1)}…`
}

function literal(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(boundedText(value, 40))
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? String(value) : '…'
}

function own(object: unknown, name: string | undefined): unknown {
  return isRecord(object) && name !== undefined && Object.hasOwn(object, name) ? object[name] : undefined
}
