/**
 * What a message's text may be: how large, how deep, and JSON without a `__proto__` key. Limits are
 * checked on the text, before anything is parsed and before anything is sent.
 */
import { MessageTooLargeError, ProtocolError } from '../errors.ts'
import { isObject } from '../util/is-object.ts'
import { keysPath } from './place.ts'

/** The two caps on a message, and whose they are. */
export interface Limits {
  /**
   * Bytes of a message's UTF-8 text. A longer one costs its reader one look at the length.
   * @defaultValue 16 MiB
   */
  readonly maxMessageBytes: number
  /**
   * How deep a value may nest. An array or plain object counts 1; a Map, Set, Error, class instance
   * or object without prototype counts 2, since its annotation nests too.
   * @defaultValue 500: with what a message puts around a value it stays within 512, where PHP stops
   * reading, and far from where recursion in `JSON.stringify` and in our own walk would end the
   * stack.
   */
  readonly maxDepth: number
  /** Whose limits they are, for errors that reach both ends: `the client of calc`. */
  readonly of?: string
}

export const DEFAULT_LIMITS: Limits = { maxMessageBytes: 16 * 1024 * 1024, maxDepth: 500 }

/** Levels that a message and its annotations may put around a value, on top of `maxDepth`. */
const ENVELOPE_DEPTH = 8

/**
 * Checks the bytes of a text that is about to be sent. Its depth needs no check: the codec has walked its values.
 * @throws MessageTooLargeError
 */
export function checkBytes(text: string, limits: Limits): void {
  const { maxMessageBytes } = limits
  // A UTF-16 unit becomes one to three bytes: most texts are cleared, or refused, by their length alone.
  if (text.length * 3 <= maxMessageBytes) return
  const bytes = text.length > maxMessageBytes ? text.length : Buffer.byteLength(text)
  if (bytes > maxMessageBytes) throw new MessageTooLargeError('maxMessageBytes', maxMessageBytes, bytes, limits.of)
}

/**
 * Checks bytes and depth of a text that came in. Looks at characters only; whether it is JSON at all is not asked.
 * @throws MessageTooLargeError
 */
export function checkText(text: string, limits: Limits): void {
  checkBytes(text, limits)
  const deepest = limits.maxDepth + ENVELOPE_DEPTH
  if (isDeeper(text, deepest)) throw new MessageTooLargeError('maxDepth', limits.maxDepth, undefined, limits.of)
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

function isDeeper(text: string, deepest: number): boolean {
  // JSON of depth n has n opening and n closing brackets: most texts are too short, or have too few.
  if (text.length < 2 * deepest || count(text, '{', deepest) + count(text, '[', deepest) <= deepest) return false
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i + 1)
        break
      case OPEN_BRACKET:
      case OPEN_BRACE:
        if (++depth > deepest) return true
        break
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth--
    }
  }
  return false
}

/** How often a character occurs; counts no further than one past `most`. */
function count(text: string, char: string, most: number): number {
  let found = 0
  for (let at = text.indexOf(char); at !== -1 && found <= most; at = text.indexOf(char, at + 1)) found++
  return found
}

/** Strings longer than this are skipped by the engine's search, which is faster but slow to begin. */
const SHORT_STRING = 32

/** Where the string with its first character at `from` ends: at its closing quote, or at the end of the text. */
function endOfString(text: string, from: number): number {
  const near = Math.min(from + SHORT_STRING, text.length)
  let at = from
  for (; at < near; at++) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) return at
    if (unit === BACKSLASH) at++
  }
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote === -1) return text.length
    let backslashes = 0
    while (quote - backslashes > at && text.charCodeAt(quote - backslashes - 1) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return quote
    at = quote + 1
  }
}

/**
 * Checks the limits, parses, and refuses keys named `__proto__`, which `JSON.parse` makes own
 * properties that a careless copy would turn into a prototype.
 * @throws MessageTooLargeError before anything is parsed
 * @throws ProtocolError when it is not JSON, or has such a key
 */
export function parseMessage(text: string, limits: Limits): unknown {
  checkText(text, limits)
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch (error) {
    throw new ProtocolError('message is not JSON', { cause: error })
  }
  const keys = mayHoldProtoKey(text) ? keysToProto(message) : undefined
  if (keys !== undefined) throw new ProtocolError(`${keysPath('message', keys)} is a key that is never accepted`)
  return message
}

/** The letters of `__proto__`, as they would be written to hide it. */
const ESCAPED_LETTER = /\\u00(?:5f|6f|7[024])/i

/** Cheap and never wrong in the negative: without these characters no key can read `__proto__`. */
function mayHoldProtoKey(text: string): boolean {
  return text.includes('__proto__') || (text.includes('\\u00') && ESCAPED_LETTER.test(text))
}

/**
 * The keys that lead to an own `__proto__` key, at any level of a parsed JSON value; undefined:
 * there is none. Each value is looked at once.
 */
function keysToProto(value: unknown): string[] | undefined {
  if (!isObject(value)) return undefined
  if (Object.hasOwn(value, '__proto__')) return ['__proto__']
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    const keys = keysToProto((value as Record<string, unknown>)[key])
    if (keys !== undefined) return [String(key), ...keys]
  }
  return undefined
}
