import { type CalledKey, keys, unknownKeys } from '../catalog/key-spec.ts'
import { Hash } from '../data/hash.ts'
import { List } from '../data/list.ts'
import { RedisSet } from '../data/redis-set.ts'
import { SortedSet } from '../data/sorted-set.ts'
import type { Value } from '../data/value.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR, WRONG_TYPE } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'
import { parseLenientDouble } from '../text/lenient.ts'
import { integer } from './parse.ts'
import { storeOrDelete } from './store.ts'

/** @see https://redis.io/docs/latest/commands/sort/ */
export const sort: Command<[key: string, ...options: string[]]> = {
  name: 'sort',
  arity: -2,
  group: 'generic',
  since: '1.0.0',
  summary: 'Sort the elements in a list, set or sorted set',
  complexity:
    'O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements are not sorted, complexity is O(N).',
  flags: ['write', 'denyoom'],
  categories: ['set', 'sortedset', 'list', 'dangerous'],
  keys: [
    keys('RO access'),
    unknownKeys(
      'RO access',
      "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
    ),
    unknownKeys(
      'OW update',
      "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
    ),
  ],
  keysOf: (argv) => [{ key: argv[1]!, flags: 'RO access' }, ...destination(argv)],
  run: (client, argv) => sortKey(client, argv, true),
}

/** How many words follow each option of SORT. Among them, STORE is not an option. */
const WORDS_OF: ReadonlyMap<string, number> = new Map([
  ['LIMIT', 2],
  ['GET', 1],
  ['BY', 1],
])

/** The key after STORE; if there are several, the last one counts. */
function destination(argv: readonly string[]): readonly CalledKey[] {
  let found: CalledKey | undefined
  for (let i = 2; i < argv.length; i++) {
    const word = argv[i]!.toUpperCase()
    if (word === 'STORE' && i + 1 < argv.length) found = { key: argv[i + 1]!, flags: 'OW update' }
    i += WORDS_OF.get(word) ?? 0
  }
  return found === undefined ? [] : [found]
}

/** @see https://redis.io/docs/latest/commands/sort_ro/ */
export const sort_ro: Command<[key: string, ...options: string[]]> = {
  name: 'sort_ro',
  arity: -2,
  group: 'generic',
  since: '7.0.0',
  summary: 'Sort the elements in a list, set or sorted set. Read-only variant of SORT.',
  complexity:
    'O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements are not sorted, complexity is O(N).',
  flags: ['readonly'],
  categories: ['set', 'sortedset', 'list', 'dangerous'],
  keys: [
    keys('RO access'),
    unknownKeys(
      'RO access',
      "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
    ),
  ],
  run: (client, argv) => sortKey(client, argv, false),
}

/** What SORT asks for. */
interface SortRequest {
  descending: boolean
  alpha: boolean
  offset: number
  /** Negative for no limit. */
  limit: number
  /** The pattern for the keys to sort by; a pattern without `*` means that nothing is sorted. */
  by: string | undefined
  /** Patterns for the values that are returned for each element. */
  readonly get: string[]
  store: string | undefined
}

function sortKey(client: Caller, argv: readonly string[], mayStore: boolean): Reply {
  const { db } = client
  const request = parseSort(argv, mayStore)
  const value = db.find(argv[1]!)?.value
  const elements = order(client, value, request)
  const results = request.get.length === 0 ? elements : elements.flatMap((element) => gather(db, request.get, element))
  if (request.store === undefined) return results
  const list = new List()
  for (const result of results) list.push(result ?? '')
  return storeOrDelete(db, request.store, list, list.length, EVENT.list, 'sortstore', list.length)
}

function parseSort(argv: readonly string[], mayStore: boolean): SortRequest {
  const request: SortRequest = {
    descending: false,
    alpha: false,
    offset: 0,
    limit: -1,
    by: undefined,
    get: [],
    store: undefined,
  }
  for (let i = 2; i < argv.length; i++) {
    const word = argv[i]!.toUpperCase()
    const left = argv.length - i - 1
    if (word === 'ASC' || word === 'DESC') request.descending = word === 'DESC'
    else if (word === 'ALPHA') request.alpha = true
    else if (word === 'LIMIT' && left >= 2) {
      request.offset = integer(argv[++i]!)
      request.limit = integer(argv[++i]!)
    } else if (word === 'STORE' && mayStore && left >= 1) request.store = argv[++i]!
    else if (word === 'BY' && left >= 1) request.by = argv[++i]!
    else if (word === 'GET' && left >= 1) request.get.push(argv[++i]!)
    else throw SYNTAX_ERROR
  }
  return request
}

/** The elements of a value in the requested order, cut to the limit. */
function order(client: Caller, value: Value | undefined, request: SortRequest): string[] {
  const elements = elementsOf(value)
  const unsorted = request.by !== undefined && !request.by.includes('*')
  // From here on Redis has converted sorted sets to their large form.
  if (value instanceof SortedSet) value.grow()
  if (!unsorted) sortElements(client.db, elements, request)
  else if (value instanceof RedisSet) {
    // A stored result must not depend on the order in which a set happens to store its members.
    if (request.store !== undefined) elements.sort((a, b) => (request.descending ? compare(b, a) : compare(a, b)))
  } else if (request.descending) elements.reverse()
  const start = Math.max(0, request.offset)
  return elements.slice(start, request.limit < 0 ? undefined : start + request.limit)
}

function elementsOf(value: Value | undefined): string[] {
  if (value === undefined) return []
  if (value instanceof List) return value.slice(0, value.length)
  if (value instanceof RedisSet) return [...value.members()]
  if (value instanceof SortedSet) return [...value].map(({ member }) => member)
  throw WRONG_TYPE
}

function sortElements(db: Caller['db'], elements: string[], { by, alpha, descending }: SortRequest): void {
  const weights = new Map<string, string | undefined>()
  for (const element of elements) weights.set(element, by === undefined ? element : lookUp(db, by, element))
  const sign = descending ? -1 : 1
  if (alpha) {
    // Elements whose key does not exist come first.
    const weight = (element: string): string => weights.get(element) ?? ''
    elements.sort((a, b) => sign * compare(weight(a), weight(b)))
    return
  }
  const scores = new Map<string, number>()
  for (const [element, weight] of weights) scores.set(element, weight === undefined ? 0 : score(weight))
  // Elements of equal weight must not be ordered by chance.
  elements.sort((a, b) => sign * (compare(scores.get(a)!, scores.get(b)!) || compare(a, b)))
}

function score(text: string): number {
  const value = parseLenientDouble(text, 'refuse')
  if (value === undefined) throw new ErrorReply("ERR One or more scores can't be converted into double")
  return value
}

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function gather(db: Caller['db'], patterns: readonly string[], element: string): (string | null)[] {
  return patterns.map((pattern) => lookUp(db, pattern, element) ?? null)
}

/**
 * Resolves a pattern for an element: `#` is the element itself, `key_*` a string, `key_*->field` a
 * field of a hash.
 */
function lookUp(db: Caller['db'], pattern: string, element: string): string | undefined {
  if (pattern === '#') return element
  const star = pattern.indexOf('*')
  if (star === -1) return undefined
  const arrow = pattern.indexOf('->', star + 1)
  const hasField = arrow !== -1 && arrow + 2 < pattern.length
  const end = hasField ? arrow : pattern.length
  const value = db.find(pattern.slice(0, star) + element + pattern.slice(star + 1, end))?.value
  if (hasField) return value instanceof Hash ? value.get(pattern.slice(arrow + 2)) : undefined
  return typeof value === 'string' ? value : undefined
}
