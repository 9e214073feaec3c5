import { keys, keysAfter } from '../catalog/key-spec.ts'
import { SortedSet } from '../data/sorted-set.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { sortFirst } from '../geo/partial-sort.ts'
import { type Found, search } from '../geo/search.ts'
import { EVENT } from '../keyspace/events.ts'
import type { Reply } from '../resp/value.ts'
import { showPosition } from './geo.ts'
import { parsePosition, showLength } from './geo-parse.ts'
import { readOptions, type SearchForm, SearchRequest } from './geo-search-options.ts'
import { limitsOf } from './sorted-set.ts'
import { storeOrDelete } from './store.ts'

/** @see https://redis.io/docs/latest/commands/geosearch/ */
export const geosearch: Command<
  [key: string, o1: string, o2: string, o3: string, o4: string, o5: string, ...options: string[]]
> = {
  name: 'geosearch',
  arity: -7,
  group: 'geo',
  since: '6.2.0',
  summary: 'Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle.',
  complexity:
    'O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number of items inside the shape',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => answer(client, argv, {}),
}

/** @see https://redis.io/docs/latest/commands/geosearchstore/ */
export const geosearchstore: Command<
  [destination: string, source: string, o1: string, o2: string, o3: string, o4: string, o5: string, ...more: string[]]
> = {
  name: 'geosearchstore',
  arity: -8,
  group: 'geo',
  since: '6.2.0',
  summary:
    'Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle, and store the result in another key.',
  complexity:
    'O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number of items inside the shape',
  flags: ['write', 'denyoom'],
  keys: [keys('OW update'), keys('RO access', { at: 2 })],
  run: (client, argv) => answer(client, argv, { keeps: 'first' }),
}

/** @see https://redis.io/docs/latest/commands/georadius/ */
export const georadius: Command<
  [key: string, longitude: string, latitude: string, radius: string, unit: string, ...options: string[]]
> = {
  name: 'georadius',
  arity: -6,
  group: 'geo',
  since: '3.2.0',
  summary:
    'Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a point',
  complexity:
    'O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.',
  flags: ['write', 'denyoom'],
  keys: [keys('RO access'), keysAfter('STORE', 6, 'OW update'), keysAfter('STOREDIST', 6, 'OW update')],
  run: (client, argv) => answer(client, argv, { fixed: 'position', keeps: 'option' }),
}

/** @see https://redis.io/docs/latest/commands/georadius_ro/ */
export const georadius_ro: Command<
  [key: string, longitude: string, latitude: string, radius: string, unit: string, ...options: string[]]
> = {
  name: 'georadius_ro',
  arity: -6,
  group: 'geo',
  since: '3.2.10',
  summary: 'A read-only variant for GEORADIUS',
  complexity:
    'O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => answer(client, argv, { fixed: 'position' }),
}

/** @see https://redis.io/docs/latest/commands/georadiusbymember/ */
export const georadiusbymember: Command<
  [key: string, member: string, radius: string, unit: string, ...options: string[]]
> = {
  name: 'georadiusbymember',
  arity: -5,
  group: 'geo',
  since: '3.2.0',
  summary:
    'Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a member',
  complexity:
    'O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.',
  flags: ['write', 'denyoom'],
  keys: [keys('RO access'), keysAfter('STORE', 5, 'OW update'), keysAfter('STOREDIST', 5, 'OW update')],
  run: (client, argv) => answer(client, argv, { fixed: 'member', keeps: 'option' }),
}

/** @see https://redis.io/docs/latest/commands/georadiusbymember_ro/ */
export const georadiusbymember_ro: Command<
  [key: string, member: string, radius: string, unit: string, ...options: string[]]
> = {
  name: 'georadiusbymember_ro',
  arity: -5,
  group: 'geo',
  since: '3.2.10',
  summary: 'A read-only variant for GEORADIUSBYMEMBER',
  complexity:
    'O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => answer(client, argv, { fixed: 'member' }),
}

function answer(client: Caller, argv: readonly string[], form: SearchForm): Reply {
  const { db } = client
  const set = db.get(argv[form.keeps === 'first' ? 2 : 1]!, SortedSet)
  const request = readRequest(argv, form, set)
  const found = set === undefined ? [] : choose(set, request)
  if (request.target === undefined) return found.map((one) => show(one, request))
  const scores = found.map(({ member, score, meters }) => {
    return [member, request.storeDistance ? meters / request.unit : score] as const
  })
  const result = SortedSet.of(scores, limitsOf(client))
  const event = form.keeps === 'first' ? 'geosearchstore' : 'georadiusstore'
  return storeOrDelete(db, request.target, result, found.length, EVENT.sortedSet, event, found.length)
}

function readRequest(argv: readonly string[], form: SearchForm, set: SortedSet | undefined): SearchRequest {
  const request = new SearchRequest()
  let options = form.keeps === 'first' ? 3 : 2
  if (form.keeps === 'first') request.target = argv[1]!
  if (form.fixed === 'position') {
    request.center = parsePosition(argv[2]!, argv[3]!)
    request.readRadius(argv[4]!, argv[5]!)
    options = 6
  } else if (form.fixed === 'member') {
    // If there is no set, Redis does not check the radius.
    if (set !== undefined) {
      request.readMember(set, argv[2]!)
      request.readRadius(argv[3]!, argv[4]!)
    }
    options = 5
  }
  readOptions(request, argv, options, form, set)
  return request
}

/** The requested members in the requested order. */
function choose(set: SortedSet, { center, makeShape, order, count, any }: SearchRequest): readonly Found[] {
  const found = search(set, makeShape!(center!), any ? count : 0)
  // The nearest can only be chosen from sorted members.
  const sorting = order ?? (count > 0 && !any ? 'ASC' : undefined)
  if (sorting !== undefined) {
    const sign = sorting === 'ASC' ? 1 : -1
    const compare = (a: Found, b: Found): number => (a.meters - b.meters) * sign
    if (count > 0 && count < found.length) sortFirst(found, count, compare)
    else found.sort(compare)
  }
  return count > 0 ? found.slice(0, count) : found
}

function show({ member, score, position, meters }: Found, request: SearchRequest): Reply {
  const { withDistance, withHash, withPosition, unit } = request
  if (!withDistance && !withHash && !withPosition) return member
  const parts: Reply[] = [member]
  if (withDistance) parts.push(showLength(meters, unit))
  if (withHash) parts.push(BigInt(Math.trunc(score)))
  if (withPosition) parts.push(showPosition(position))
  return parts
}
