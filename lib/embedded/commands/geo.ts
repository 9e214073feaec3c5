import { keys } from '../catalog/key-spec.ts'
import { SortedSet } from '../data/sorted-set.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { distance } from '../geo/distance.ts'
import { geohashOf, type Position, positionOf, scoreOf } from '../geo/geohash.ts'
import { DoubleReply, NULL_ARRAY, type Reply } from '../resp/value.ts'
import { formatHuman } from '../text/decimals.ts'
import { parsePosition, parseUnit, showLength } from './geo-parse.ts'
import { addPairs } from './sorted-set.ts'

/** @see https://redis.io/docs/latest/commands/geoadd/ */
export const geoadd: Command<[key: string, longitude: string, latitude: string, member: string, ...more: string[]]> = {
  name: 'geoadd',
  arity: -5,
  group: 'geo',
  since: '3.2.0',
  summary: 'Add one or more geospatial items in the geospatial index represented using a sorted set',
  complexity: 'O(log(N)) for each item added, where N is the number of elements in the sorted set.',
  flags: ['write', 'denyoom'],
  keys: [keys('RW update')],
  run(client, argv) {
    let first = 2
    while (first < argv.length && OPTIONS.has(argv[first]!.toUpperCase())) first++
    const options = argv.slice(2, first)
    const words = options.map((word) => word.toUpperCase())
    if ((argv.length - first) % 3 !== 0 || (words.includes('NX') && words.includes('XX'))) throw SYNTAX_ERROR
    const pairs: string[] = []
    for (let i = first; i < argv.length; i += 3) {
      pairs.push(String(scoreOf(parsePosition(argv[i]!, argv[i + 1]!))), argv[i + 2]!)
    }
    // From here on it is a ZADD, also in the append-only file.
    const command = ['zadd', argv[1], ...options, ...pairs]
    client.engine.propagation.rewrite(command)
    return addPairs(client, command, first, new Set(words))
  },
}

const OPTIONS: ReadonlySet<string> = new Set(['NX', 'XX', 'CH'])

/** @see https://redis.io/docs/latest/commands/geodist/ */
export const geodist: Command<[key: string, member1: string, member2: string, ...unit: string[]]> = {
  name: 'geodist',
  arity: -4,
  group: 'geo',
  since: '3.2.0',
  summary: 'Returns the distance between two members of a geospatial index',
  complexity: 'O(log(N))',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run({ db }, argv) {
    if (argv.length > 5) throw SYNTAX_ERROR
    const unit = argv[4] === undefined ? 1 : parseUnit(argv[4])
    const set = db.get(argv[1], SortedSet)
    const from = placeOf(set, argv[2])
    const to = placeOf(set, argv[3])
    return from === undefined || to === undefined ? null : showLength(distance(from, to), unit)
  },
}

/** @see https://redis.io/docs/latest/commands/geohash/ */
export const geohash: Command<[key: string, ...members: string[]]> = {
  name: 'geohash',
  arity: -2,
  group: 'geo',
  since: '3.2.0',
  summary: 'Returns members of a geospatial index as standard geohash strings',
  complexity: 'O(log(N)) for each member requested, where N is the number of elements in the sorted set.',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => ofEach(client, argv, (place) => (place === undefined ? null : geohashOf(place))),
}

/** @see https://redis.io/docs/latest/commands/geopos/ */
export const geopos: Command<[key: string, ...members: string[]]> = {
  name: 'geopos',
  arity: -2,
  group: 'geo',
  since: '3.2.0',
  summary: 'Returns longitude and latitude of members of a geospatial index',
  complexity: 'O(N) where N is the number of members requested.',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => ofEach(client, argv, (place) => (place === undefined ? NULL_ARRAY : showPosition(place))),
}

function ofEach({ db }: Caller, argv: readonly string[], show: (place: Position | undefined) => Reply): Reply {
  const set = db.get(argv[1]!, SortedSet)
  return argv.slice(2).map((member) => show(placeOf(set, member)))
}

/** The place of a member; `undefined` if there is no such member. */
export function placeOf(set: SortedSet | undefined, member: string): Position | undefined {
  const score = set?.score(member)
  return score === undefined ? undefined : positionOf(score)
}

export function showPosition({ longitude, latitude }: Position): Reply {
  return [longitude, latitude].map((degrees) => new DoubleReply(degrees, formatHuman(degrees)))
}
