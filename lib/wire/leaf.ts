/**
 * How a value without parts looks in JSON, and back.
 *
 * Encoding asks superjson, on a private instance: its transformations and annotations are the format. Decoding is our
 * own and takes only the very text that encoding makes, since what comes in may be hostile.
 */
import { SuperJSON } from 'superjson'
import { BINARY_KINDS, binaryKind, bytesToText, textToBytes } from './binary.ts'

/** A superjson annotation: `'Date'`, or `['custom', 'Buffer']`. */
export type Annotation = string | readonly [string, string]

/** A value without parts, as JSON and the annotation that tells what it was. */
export interface Leaf {
  readonly json: string | null
  readonly annotation: Annotation
}

/** Digits of a bigint that is carried; both its conversions take more than linear time. */
export const MAX_BIGINT_DIGITS = 100_000

/** Never the default instance, which any other user of superjson in this process may change. */
export const superjson: SuperJSON = new SuperJSON()

for (const kind of BINARY_KINDS) {
  superjson.registerCustom<object, string>(
    {
      isApplicable: (value): value is object => isObject(value) && binaryKind(Object.getPrototypeOf(value)) === kind,
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
  'InvalidDate',
)
superjson.registerCustom<RegExp, string>(
  {
    isApplicable: (value): value is RegExp => value instanceof RegExp && value.lastIndex !== 0,
    serialize: (value) => `${value.lastIndex}${value}`,
    deserialize: (text) => parseAdvancedRegExp(text) as RegExp,
  },
  'AdvancedRegExp',
)

/** What superjson makes of a value without parts. */
export function encodeLeaf(value: unknown): Leaf {
  const { json, meta } = superjson.serialize(value)
  const annotation = (meta?.values as [Annotation] | undefined)?.[0]
  if (annotation === undefined) throw new TypeError('superjson does not know it')
  return { json: json as string | null, annotation }
}

/** The value behind a leaf; {@link REFUSED} when no end of ours would have written it so. */
export function decodeLeaf(json: unknown, annotation: string): unknown {
  if (annotation === 'undefined') return json === null ? undefined : REFUSED
  if (typeof json !== 'string') return REFUSED
  switch (annotation) {
    case 'number':
      return SPECIAL_NUMBERS.get(json) ?? REFUSED
    case 'bigint':
      return /^(?:0|-?[1-9]\d*)$/.test(json) && json.length <= MAX_BIGINT_DIGITS + 1 ? BigInt(json) : REFUSED
    case 'Date': {
      const date = new Date(json.length <= 27 ? json : Number.NaN)
      return !Number.isNaN(date.getTime()) && date.toISOString() === json ? date : REFUSED
    }
    case 'regexp':
      return parseRegExp(json) ?? REFUSED
    case 'URL':
      return URL.canParse(json) ? new URL(json) : REFUSED
    default:
      return REFUSED
  }
}

/** The value behind a leaf of one of our own kinds; {@link REFUSED} as above. */
export function decodeCustomLeaf(json: unknown, kind: string): unknown {
  if (kind === 'InvalidDate') return json === null ? new Date(Number.NaN) : REFUSED
  if (typeof json !== 'string') return REFUSED
  if (kind === 'AdvancedRegExp') return parseAdvancedRegExp(json) ?? REFUSED
  return textToBytes(json, kind) ?? REFUSED
}

/** Stands for "there is no such value", since every value of the language may be one. */
export const REFUSED: unique symbol = Symbol('refused')

const SPECIAL_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
])

/** `/source/flags`. */
function parseRegExp(text: string): RegExp | undefined {
  const end = text.lastIndexOf('/')
  if (!text.startsWith('/') || end < 2) return undefined
  try {
    return new RegExp(text.slice(1, end), text.slice(end + 1))
  } catch {
    return undefined
  }
}

/** `lastIndex/source/flags`. */
function parseAdvancedRegExp(text: string): RegExp | undefined {
  const start = text.indexOf('/')
  const lastIndex = Number(text.slice(0, start))
  const pattern = parseRegExp(text.slice(start))
  if (pattern === undefined || !Number.isSafeInteger(lastIndex)) return undefined
  pattern.lastIndex = lastIndex
  return pattern
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
