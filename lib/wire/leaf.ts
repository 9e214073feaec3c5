/**
 * Converts values without parts to JSON and back.
 *
 * Encoding uses a private instance of superjson, whose transformations and annotations are the
 * format. Decoding is implemented here and accepts only the exact text that encoding produces,
 * since input may be hostile: a few bytes must not cost seconds, and a value that could not have
 * been sent must not arrive.
 */

import { SuperJSON } from 'superjson'
import { isObject } from '../util/is-object.ts'
import { BINARY_KINDS, binaryKind, bytesToText, textToBytes } from './binary.ts'
import { ofThisRealm } from './realm.ts'

/** A superjson annotation: `'Date'`, or `['custom', 'Buffer']`. */
export type Annotation = string | readonly [string, string]

/** A value without parts, as JSON and the annotation of its type. */
export interface Leaf {
  readonly json: string | null
  readonly annotation: Annotation
}

const REGEXP_AT = 'RegExp'
const INVALID_DATE = 'InvalidDate'

/** Registers leaves that superjson does not know or would change. */
export function registerLeaves(superjson: SuperJSON): void {
  for (const kind of BINARY_KINDS) {
    superjson.registerCustom<object, string>(
      {
        isApplicable: (value): value is object => isObject(value) && binaryKind(value) === kind,
        serialize: (value) => bytesToText(value, kind),
        deserialize: (text) => textToBytes(text, kind) as object,
      },
      kind,
    )
  }
  superjson.registerCustom<Date, null>(
    {
      isApplicable: (value): value is Date => value instanceof Date && Number.isNaN(value.getTime()),
      serialize: () => null,
      deserialize: () => new Date(Number.NaN),
    },
    INVALID_DATE,
  )
  superjson.registerCustom<RegExp, string>(
    {
      isApplicable: (value): value is RegExp => value instanceof RegExp && value.lastIndex !== 0,
      serialize: (value) => `${value.lastIndex}${value}`,
      deserialize: (text) => parseRegExpAt(text) as RegExp,
    },
    REGEXP_AT,
  )
}

/** Never the default instance, which any other user of superjson in this process may change. */
const superjson = new SuperJSON()
registerLeaves(superjson)

/** Encodes a value without parts with superjson. */
export function encodeLeaf(value: unknown): Leaf {
  switch (typeof value) {
    case 'undefined':
      return UNDEFINED
    case 'bigint':
      // Its conversion to text takes more than linear time, so do not start it for a value that
      // will be refused.
      if (value > LARGEST_BIGINT || value < -LARGEST_BIGINT) return { json: TOO_LONG, annotation: 'bigint' }
  }
  const { json, meta } = superjson.serialize(isObject(value) ? ofThisRealm(value) : value)
  const annotation = (meta?.values as [Annotation] | undefined)?.[0]
  if (annotation === undefined) throw new TypeError('superjson has no form for it')
  return { json: json as string | null, annotation }
}

/** By far the most common. */
const UNDEFINED: Leaf = { json: null, annotation: 'undefined' }

/** Both conversions of a bigint take more than linear time. */
const MAX_BIGINT_DIGITS = 10_000
const LARGEST_BIGINT = 10n ** BigInt(MAX_BIGINT_DIGITS) - 1n
const TOO_LONG = ' '.repeat(MAX_BIGINT_DIGITS + 2)

/** Compiling a RegExp costs up to 30 µs a character, and more for sets of strings. */
const MAX_REGEXP_LENGTH = 4_000
const STRING_SETS = /\\[pP]\{[^}]*(?:Emoji|RGI)/

/** A host takes quadratic time to normalise. */
const MAX_AUTHORITY_LENGTH = 1_000
const AUTHORITY = /^[^/]*\/\/[^/?#]*/

/** Why the text of a leaf is refused in both directions; undefined if it is accepted. */
export function leafProblem(json: string | null, annotation: Annotation): string | undefined {
  if (json === null) return undefined
  if (annotation === 'bigint') {
    return json.length > MAX_BIGINT_DIGITS + 1
      ? `a bigint of more than ${MAX_BIGINT_DIGITS} digits is not carried`
      : undefined
  }
  if (annotation === 'regexp' || annotation[1] === REGEXP_AT) {
    if (!/^(?:-?\d+)?\//.test(json)) return 'a RegExp with a lastIndex that is no whole number is not carried'
    if (json.length > MAX_REGEXP_LENGTH) return `a RegExp longer than ${MAX_REGEXP_LENGTH} is not carried`
    return json.lastIndexOf('v') > json.lastIndexOf('/') && STRING_SETS.test(json)
      ? 'a RegExp with a property of strings is not carried'
      : undefined
  }
  if (annotation === 'URL' && (AUTHORITY.exec(json)?.[0].length ?? 0) > MAX_AUTHORITY_LENGTH) {
    return `a URL with an authority longer than ${MAX_AUTHORITY_LENGTH} is not carried`
  }
  return undefined
}

/**
 * Means "this library would not have written this". It is a symbol because every value may be a
 * leaf.
 */
export const REFUSED: unique symbol = Symbol('refused')

/** Decodes a leaf; returns {@link REFUSED} if it is invalid. */
export function decodeLeaf(json: unknown, annotation: string): unknown {
  if (annotation === 'undefined') return json === null ? undefined : REFUSED
  if (typeof json !== 'string' || leafProblem(json, annotation) !== undefined) return REFUSED
  switch (annotation) {
    case 'number':
      return SPECIAL_NUMBERS.get(json) ?? REFUSED
    case 'bigint':
      return /^(?:0|-?[1-9]\d*)$/.test(json) ? BigInt(json) : REFUSED
    case 'Date':
      return parseDate(json) ?? REFUSED
    case 'regexp':
      return parseRegExp(json) ?? REFUSED
    case 'URL':
      return parseUrl(json) ?? REFUSED
    default:
      return REFUSED
  }
}

/** Decodes a leaf of one of this library's kinds; returns {@link REFUSED} if it is invalid. */
export function decodeCustomLeaf(json: unknown, kind: string): unknown {
  if (kind === INVALID_DATE) return json === null ? new Date(Number.NaN) : REFUSED
  if (typeof json !== 'string' || leafProblem(json, ['custom', kind]) !== undefined) return REFUSED
  return (kind === REGEXP_AT ? parseRegExpAt(json) : textToBytes(json, kind)) ?? REFUSED
}

const SPECIAL_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
])

function parseDate(text: string): Date | undefined {
  if (text.length > '+275760-09-13T00:00:00.000Z'.length) return undefined
  const date = new Date(text)
  return !Number.isNaN(date.getTime()) && date.toISOString() === text ? date : undefined
}

function parseUrl(text: string): URL | undefined {
  // A non-ASCII host is expensive to normalize, and the sender has already normalized it.
  if (!/^[\x20-\x7e]*$/.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.href === text ? url : undefined
}

/** `/source/flags`. */
function parseRegExp(text: string): RegExp | undefined {
  const end = text.lastIndexOf('/')
  try {
    const pattern = new RegExp(text.slice(1, end), text.slice(end + 1))
    return String(pattern) === text ? pattern : undefined
  } catch {
    return undefined
  }
}

/** `lastIndex/source/flags`. */
function parseRegExpAt(text: string): RegExp | undefined {
  const start = text.indexOf('/')
  const lastIndex = Number(text.slice(0, start))
  const pattern = parseRegExp(text.slice(start))
  if (pattern === undefined || !Number.isSafeInteger(lastIndex) || lastIndex === 0) return undefined
  pattern.lastIndex = lastIndex
  return pattern
}
