/**
 * Classes of keyspace events, as bits; each is a letter of the parameter `notify-keyspace-events`.
 */
export const EVENT = {
  keyspace: 1,
  keyevent: 2,
  generic: 4,
  string: 8,
  list: 16,
  set: 32,
  hash: 64,
  sortedSet: 128,
  expired: 256,
  evicted: 512,
  stream: 1024,
  keyMiss: 2048,
  module: 4096,
  newKey: 8192,
} as const

const LETTERS: readonly (readonly [letter: string, bits: number])[] = [
  ['g', EVENT.generic],
  ['$', EVENT.string],
  ['l', EVENT.list],
  ['s', EVENT.set],
  ['h', EVENT.hash],
  ['z', EVENT.sortedSet],
  ['x', EVENT.expired],
  ['e', EVENT.evicted],
  ['t', EVENT.stream],
  ['d', EVENT.module],
]
const REST: readonly (readonly [letter: string, bits: number])[] = [
  ['K', EVENT.keyspace],
  ['E', EVENT.keyevent],
  ['m', EVENT.keyMiss],
]
const NEW_KEY = ['n', EVENT.newKey] as const
const ALL = LETTERS.reduce((bits, [, bit]) => bits | bit, 0)

/** Reads the letters of `notify-keyspace-events`; `undefined` if one is unknown. */
export function parseEventClasses(text: string): number | undefined {
  let bits = 0
  for (const char of text) {
    const known = char === 'A' ? ALL : [...LETTERS, NEW_KEY, ...REST].find(([letter]) => letter === char)?.[1]
    if (known === undefined) return undefined
    bits |= known
  }
  return bits
}

/** Writes event classes in Redis's order. */
export function formatEventClasses(bits: number): string {
  const chosen = (rows: typeof LETTERS): string =>
    rows
      .filter(([, bit]) => (bits & bit) !== 0)
      .map(([letter]) => letter)
      .join('')
  const all = (bits & ALL) === ALL
  return all ? `A${chosen([...REST, NEW_KEY])}` : chosen([...LETTERS, NEW_KEY, ...REST])
}

/**
 * The same as Redis reports them: with `A` it does not show the flag for new keys, although `A`
 * does not include it.
 */
export function showEventClasses(letters: string): string {
  return letters.startsWith('A') ? letters.replace('n', '') : letters
}
