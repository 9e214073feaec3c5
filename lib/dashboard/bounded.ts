/** How many characters of one text are shown. */
export const MOST_CHARACTERS = 16_384
/** How many characters a name may have to be shown at all: a cut name would lead nowhere. */
export const LONGEST_NAME = 1_024
/** How many entries of one list are shown. */
const MOST_ENTRIES = 1_000
/** How many characters one view takes, at most. */
const MOST_OF_ALL = 4 * 1024 * 1024
/** How deep values are shown. */
const DEEPEST = 12

/** Cuts a text, and says how long it was. */
export function boundedText(text: string, most: number = MOST_CHARACTERS): string {
  if (text.length <= most) return text
  // Half of a pair is no character.
  const end = /[\ud800-\udbff]/.test(text[most - 1]!) ? most - 1 : most
  return `${text.slice(0, end)}… (${text.length} characters in all)`
}

/** Encodes a view as JSON of limited length: long texts and lists are truncated. */
export function boundedJson(value: unknown): string {
  let left = MOST_OF_ALL
  const bound = (part: unknown, depth: number): unknown => {
    if (typeof part === 'string') {
      const text = boundedText(part, Math.max(0, Math.min(MOST_CHARACTERS, left)))
      left -= text.length
      return text
    }
    left -= 8
    if (typeof part === 'bigint') return String(part)
    if (typeof part !== 'object' || part === null) return part
    if (depth > DEEPEST) return '…'
    if (Array.isArray(part)) {
      const shown: unknown[] = []
      for (const each of part.slice(0, MOST_ENTRIES)) {
        if (left <= 0) break
        shown.push(bound(each, depth + 1))
      }
      return shown
    }
    const entries: [string, unknown][] = []
    for (const [name, each] of Object.entries(part).slice(0, MOST_ENTRIES)) {
      if (left <= 0) break
      left -= name.length
      // From entries, since `__proto__` may be a name like any other.
      entries.push([boundedText(name, LONGEST_NAME), bound(each, depth + 1)])
    }
    return Object.fromEntries(entries)
  }
  return JSON.stringify(bound(value, 0))
}

/** Splits what has a name that can be shown from what has not. */
export function withShownNames<T extends { readonly name: string }>(all: readonly T[]): { shown: T[]; hidden: number } {
  const shown = all.filter(({ name }) => name.length <= LONGEST_NAME)
  return { shown, hidden: all.length - shown.length }
}
