import { boundedText } from './bounded.ts'
import { type JsonSchema, resolved, typeText } from './json-schema.ts'

/**
 * One argument of a method, as the form asks for it. Strangers may have written the schema, so each
 * part is checked and bounded.
 */
export interface ArgumentField {
  readonly label: string
  /** What it is, in a line. */
  readonly help: string
  /** `rest`: any number of further arguments, as one JSON array. */
  readonly kind: 'text' | 'number' | 'integer' | 'flag' | 'choice' | 'object' | 'array' | 'json' | 'rest'
  /** False: it can be left out. */
  readonly isRequired: boolean
  /** Of a choice: its values, as JSON. */
  readonly choices?: readonly string[]
  /** Of a number: its bounds; of a text: those of its length; of a rest: how many there must be. */
  readonly least?: number
  readonly most?: number
  /** Of a number: the bounds themselves are excluded. */
  readonly above?: number
  readonly below?: number
}

/** What is known of the arguments of a method. */
export interface ArgumentsShape {
  /** What they are, in a line; empty: not known. */
  readonly type: string
  /**
   * One for each argument; undefined: the schema does not describe them one by one, or it is too
   * much for a form.
   */
  readonly fields: readonly ArgumentField[] | undefined
}

const MOST_FIELDS = 24
const MOST_CHOICES = 100
const LONGEST_CHOICE = 100
const LONGEST_LABEL = 60
const LONGEST_HELP = 300
const LEFT_OUT = 'Can be left out.'

/** What a form needs to know of the arguments that a JSON Schema describes: a schema of an array. */
export function argumentsShape(schema: unknown): ArgumentsShape {
  const root = resolved(schema, schema)
  return { type: typeText(root, schema), fields: root === undefined ? undefined : fieldsOf(root, schema) }
}

function fieldsOf(array: JsonSchema, root: unknown): ArgumentField[] | undefined {
  // Before draft 2020-12 the items of a tuple were in `items`, and those after them in `additionalItems`.
  const isOlder = Array.isArray(array.items)
  const items = isOlder ? array.items : array.prefixItems
  const further = isOlder ? array.additionalItems : array.items
  const hasEnd =
    further === false || further === undefined || array.maxItems === (Array.isArray(items) ? items.length : 0)
  if (!Array.isArray(items))
    return array.type === 'array' && (further === false || array.maxItems === 0) ? [] : undefined
  if (items.length > MOST_FIELDS) return undefined
  const least = wholeNumber(array.minItems) ?? 0
  const fields = items.map((item: unknown, index) => fieldOf(item, root, index, index < least))
  if (hasEnd) return fields
  const isRequired = least > items.length
  const help = [`A JSON array, each of it: ${typeText(further, root)}.`, !isRequired && LEFT_OUT]
    .filter(Boolean)
    .join(' ')
  return [
    ...fields,
    { label: 'Further arguments', help, kind: 'rest', isRequired, ...given({ least: least - items.length }) },
  ]
}

function fieldOf(item: unknown, root: unknown, index: number, isNeeded: boolean): ArgumentField {
  const schema = resolved(item, root) ?? {}
  // What has a default can be left out, even where a schema counts it among the least.
  const isRequired = isNeeded && schema.default === undefined
  const input = inputOf(schema, isRequired)
  const label = shortText(schema.title, LONGEST_LABEL) || `Argument ${index + 1}`
  const help = [
    shortText(schema.description, LONGEST_HELP),
    // What can be chosen is seen.
    input.kind !== 'choice' && input.kind !== 'flag' && `${capitalized(typeText(schema, root))}${limitsText(schema)}.`,
    schema.default === undefined ? !isRequired && LEFT_OUT : defaultText(schema.default),
  ]
  return { label, help: help.filter(Boolean).join(' '), isRequired, ...input }
}

type Input = Omit<ArgumentField, 'label' | 'help' | 'isRequired'>

/** By what a value is given; as JSON, where nothing simpler will do. */
function inputOf(schema: JsonSchema, isRequired: boolean): Input {
  const choices = choicesOf(schema)
  if (choices !== undefined) return { kind: 'choice', choices }
  if ('enum' in schema || 'const' in schema) return { kind: 'json' }
  switch (schema.type) {
    case 'string':
      return { kind: 'text', ...given({ least: wholeNumber(schema.minLength), most: wholeNumber(schema.maxLength) }) }
    case 'number':
    case 'integer': {
      const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
      const bounds = { least: minimum, most: maximum, above: exclusiveMinimum, below: exclusiveMaximum }
      return { kind: schema.type, ...given(bounds) }
    }
    case 'boolean':
      return isRequired ? { kind: 'flag' } : { kind: 'choice', choices: ['true', 'false'] }
    case 'object':
    case 'array':
      return { kind: schema.type }
    default:
      return { kind: 'json' }
  }
}

/** The values of an enum, unless they are too many or too large to choose from. */
function choicesOf(schema: JsonSchema): string[] | undefined {
  const values = 'const' in schema ? [schema.const] : schema.enum
  if (!Array.isArray(values) || values.length === 0 || values.length > MOST_CHOICES) return undefined
  if (!values.every((value) => isSimple(value) && !(typeof value === 'string' && value.length > LONGEST_CHOICE)))
    return undefined
  return [...new Set(values.map((value) => JSON.stringify(value)))]
}

function isSimple(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

function limitsText(schema: JsonSchema): string {
  const { format, pattern, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength } = schema
  const limits: readonly [string, unknown][] = [
    ['as', typeof format === 'string' ? shortText(format, 40) : undefined],
    // A pattern of a stranger's may take for ever, so it is shown and not tried. That of a known
    // format says nothing new.
    ['matching', typeof format === 'string' ? undefined : shortText(pattern, 100)],
    ['from', minimum],
    ['above', exclusiveMinimum],
    ['up to', maximum],
    ['below', exclusiveMaximum],
    ['at least', wholeNumber(minLength) ? `${minLength} long` : undefined],
    ['at most', wholeNumber(maxLength) === undefined ? undefined : `${maxLength} long`],
  ]
  const said = limits.filter(([, limit]) => (typeof limit === 'string' && limit !== '') || isShown(limit))
  return said.map(([word, limit]) => `, ${word} ${limit}`).join('')
}

/** zod says of each integer that it is a safe one. */
function isShown(limit: unknown): boolean {
  return typeof limit === 'number' && Math.abs(limit) < Number.MAX_SAFE_INTEGER
}

function defaultText(value: unknown): string {
  return isSimple(value) ? `Left out, it is ${boundedText(JSON.stringify(value), LONGEST_CHOICE)}.` : 'Has a default.'
}

function shortText(text: unknown, longest: number): string {
  return typeof text === 'string' ? boundedText(text.trim(), longest) : ''
}

function capitalized(text: string): string {
  return /^[a-z]/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text
}

function wholeNumber(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}

/** The numbers among them. */
function given(bounds: Readonly<Record<string, unknown>>): Readonly<Record<string, number>> {
  const numbers = Object.entries(bounds).filter((entry): entry is [string, number] => Number.isFinite(entry[1]))
  return Object.fromEntries(numbers)
}
