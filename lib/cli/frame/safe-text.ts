/**
 * Makes text that others wrote safe to print on a terminal: control characters are escaped, and
 * long text is cut.
 */

/**
 * Characters that a terminal acts on or hides: control characters, and those that change the
 * direction of text.
 */
const OBEYED = /\p{Cc}|\p{Bidi_Control}|\p{Cs}|[\u2028\u2029\u200b\ufeff]/gu
const OBEYED_BUT_NEWLINE = /(?!\n)\p{Cc}|\p{Bidi_Control}|\p{Cs}|[\u2028\u2029\u200b\ufeff]/gu

/** Longest message of an error, in UTF-16 units. */
const LONGEST_LINE = 2_000
/** Longest name in a table. */
const LONGEST_NAME = 60

/**
 * A text as one line: control characters are shown as `\n`, `\x1b`, and so on; a text that is too
 * long is cut and ends in `…`.
 */
export function oneLine(text: string, longest: number = LONGEST_LINE): string {
  return (text.length <= longest ? text : `${text.slice(0, longest - 1)}…`).replace(OBEYED, escaped)
}

/** A name as the cell of a table. */
export function nameText(name: string): string {
  return oneLine(name, LONGEST_NAME)
}

/** A text of several lines. */
export function manyLines(text: string): string {
  return text.replace(OBEYED_BUT_NEWLINE, escaped)
}

/** Escapes in a JSON text what {@link oneLine} escapes; it still means the same. */
export function safeJson(json: string): string {
  return json.replace(OBEYED, (character) => `\\u${hex(character, 4)}`)
}

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escaped(character: string): string {
  const code = character.charCodeAt(0)
  return SHORT[character] ?? (code <= 0xff ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`)
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0')
}
