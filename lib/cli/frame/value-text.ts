import { inspect } from 'node:util'
import { Codec } from '../../wire/codec.ts'
import { manyLines, safeJson } from './safe-text.ts'

/** Longest text within a value for people, and longest text of the whole value; in UTF-16 units. */
const LONGEST_TEXT = 16 * 1024
const LONGEST_VALUE = 64 * 1024

/** A value for people, as Node shows it. A long one is cut, and the text says so. */
export function valueText(value: unknown, columns: number = 100): string {
  const options = { depth: 8, maxArrayLength: 1_000, maxStringLength: LONGEST_TEXT, breakLength: columns }
  const text = manyLines(inspect(value, options))
  const left = text.length - LONGEST_VALUE
  return left <= 0 ? text : `${text.slice(0, LONGEST_VALUE)}…\n(${left} more characters; --json prints everything)`
}

/**
 * A value for programs: one line of JSON, in full. What JSON cannot express is written as on the
 * wire (a `Date` as its ISO text, a `Map` as its entries), and what cannot be copied (a function, a
 * reference) as the text that Node shows for it.
 */
export function jsonText(value: unknown): string {
  return safeJson(encoded(value))
}

function encoded(value: unknown): string {
  try {
    const text = codec.encode(value, 'value')
    return typeof text === 'string' ? text : text.json
  } catch {
    return JSON.stringify(valueText(value))
  }
}

const codec = new Codec()
