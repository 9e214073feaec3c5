import { countedKeys, keys } from '../catalog/key-spec.ts'
import { type Scored, SortedSet } from '../data/sorted-set.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { DoubleReply, NULL_ARRAY, PairsReply, type Reply } from '../resp/value.ts'
import { serveOrBlock } from './list-blocking.ts'
import { blockUntil, integerWithin, positive } from './parse.ts'
import { removedFrom } from './sorted-set.ts'

/** @see https://redis.io/docs/latest/commands/zpopmin/ */
export const zpopmin: Command<[key: string, ...count: string[]]> = {
  name: 'zpopmin',
  arity: -2,
  group: 'sorted-set',
  since: '5.0.0',
  summary: 'Remove and return members with the lowest scores in a sorted set',
  complexity:
    'O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.',
  flags: ['write', 'fast'],
  keys: [keys('RW access delete')],
  run: (client, argv) => popCommand(client, argv, false),
}

/** @see https://redis.io/docs/latest/commands/zpopmax/ */
export const zpopmax: Command<[key: string, ...count: string[]]> = {
  name: 'zpopmax',
  arity: -2,
  group: 'sorted-set',
  since: '5.0.0',
  summary: 'Remove and return members with the highest scores in a sorted set',
  complexity:
    'O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.',
  flags: ['write', 'fast'],
  keys: [keys('RW access delete')],
  run: (client, argv) => popCommand(client, argv, true),
}

function popCommand({ db }: Caller, argv: readonly string[], greatest: boolean): Reply {
  if (argv.length > 3) throw SYNTAX_ERROR
  const count = argv[2] === undefined ? undefined : positive(argv[2])
  const key = argv[1]!
  const set = db.takeAs(key, SortedSet)
  if (set === undefined) return []
  const flat = pop(db, key, set, greatest, count ?? 1).flatMap(pair)
  return count === undefined ? flat : new PairsReply(flat)
}

/** Pops up to `count` members from an end of a set that is not empty, and reports the change. */
function pop(db: Caller['db'], key: string, set: SortedSet, greatest: boolean, count: number): Scored[] {
  const popped: Scored[] = []
  while (popped.length < count && set.size > 0) {
    const node = set.end(greatest)
    set.delete(node.member)
    popped.push(node)
  }
  if (popped.length > 0) removedFrom(db, key, set, greatest ? 'zpopmax' : 'zpopmin', popped.length)
  return popped
}

function pair({ member, score }: Scored): [member: string, score: Reply] {
  return [member, new DoubleReply(score)]
}

/** @see https://redis.io/docs/latest/commands/bzpopmin/ */
export const bzpopmin: Command<[key: string, timeout: string, ...more: string[]]> = {
  name: 'bzpopmin',
  arity: -3,
  group: 'sorted-set',
  since: '5.0.0',
  summary:
    'Remove and return the member with the lowest score from one or more sorted sets, or block until one is available',
  complexity: 'O(log(N)) with N being the number of elements in the sorted set.',
  flags: ['write', 'noscript', 'blocking', 'fast'],
  keys: [keys('RW access delete', { last: -2 })],
  run: (client, argv) => blockingPop(client, argv, false),
}

/** @see https://redis.io/docs/latest/commands/bzpopmax/ */
export const bzpopmax: Command<[key: string, timeout: string, ...more: string[]]> = {
  name: 'bzpopmax',
  arity: -3,
  group: 'sorted-set',
  since: '5.0.0',
  summary:
    'Remove and return the member with the highest score from one or more sorted sets, or block until one is available',
  complexity: 'O(log(N)) with N being the number of elements in the sorted set.',
  flags: ['write', 'noscript', 'blocking', 'fast'],
  keys: [keys('RW access delete', { last: -2 })],
  run: (client, argv) => blockingPop(client, argv, true),
}

function blockingPop(client: Caller, argv: readonly string[], greatest: boolean): Reply {
  const { db, engine } = client
  const until = blockUntil(argv.at(-1)!, engine.now)
  return serveOrBlock(client, SortedSet, argv.slice(1, -1), until, NULL_ARRAY, (key) => {
    const set = db.takeAs(key, SortedSet)
    if (set === undefined) return undefined
    const [popped] = pop(db, key, set, greatest, 1)
    engine.propagation.rewrite([greatest ? 'ZPOPMAX' : 'ZPOPMIN', key])
    return [key, ...pair(popped!)]
  })
}

/** @see https://redis.io/docs/latest/commands/zmpop/ */
export const zmpop: Command<[numkeys: string, key: string, where: string, ...more: string[]]> = {
  name: 'zmpop',
  arity: -4,
  group: 'sorted-set',
  since: '7.0.0',
  summary: 'Remove and return members with scores in a sorted set',
  complexity:
    'O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.',
  flags: ['write'],
  keys: [countedKeys('RW access delete')],
  run(client, argv) {
    const request = parsePopRequest(argv, 1)
    for (const key of request.keys) {
      const reply = popFrom(client, key, request)
      if (reply !== undefined) return reply
    }
    return NULL_ARRAY
  },
}

/** @see https://redis.io/docs/latest/commands/bzmpop/ */
export const bzmpop: Command<[timeout: string, numkeys: string, key: string, where: string, ...more: string[]]> = {
  name: 'bzmpop',
  arity: -5,
  group: 'sorted-set',
  since: '7.0.0',
  summary: 'Remove and return members with scores in a sorted set or block until one is available',
  complexity:
    'O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.',
  flags: ['write', 'blocking'],
  keys: [countedKeys('RW access delete', { at: 2 })],
  run(client, argv) {
    const request = parsePopRequest(argv, 2)
    const until = blockUntil(argv[1], client.engine.now)
    return serveOrBlock(client, SortedSet, request.keys, until, NULL_ARRAY, (key) => popFrom(client, key, request))
  },
}

/** What ZMPOP and BZMPOP ask for. */
interface PopRequest {
  readonly keys: readonly string[]
  readonly greatest: boolean
  readonly count: number
}

/** Reads `numkeys key … MIN|MAX [COUNT count]`. */
function parsePopRequest(argv: readonly string[], at: number): PopRequest {
  const numkeys = integerWithin(argv[at]!, 1, Infinity, 'numkeys should be greater than 0')
  const where = at + 1 + numkeys
  const end = argv[where]?.toUpperCase()
  if (end !== 'MIN' && end !== 'MAX') throw SYNTAX_ERROR
  let count: number | undefined
  for (let i = where + 1; i < argv.length; i += 2) {
    if (argv[i]!.toUpperCase() !== 'COUNT' || count !== undefined || i + 1 >= argv.length) throw SYNTAX_ERROR
    count = integerWithin(argv[i + 1]!, 1, Infinity, 'count should be greater than 0')
  }
  return { keys: argv.slice(at + 1, where), greatest: end === 'MAX', count: count ?? 1 }
}

/** Pops the requested members of one key; `undefined` if there is no sorted set. */
function popFrom({ db, engine }: Caller, key: string, { greatest, count }: PopRequest): Reply | undefined {
  const set = db.takeAs(key, SortedSet)
  if (set === undefined) return undefined
  const popped = pop(db, key, set, greatest, count)
  engine.propagation.rewrite([greatest ? 'ZPOPMAX' : 'ZPOPMIN', key, `${popped.length}`])
  return [key, popped.map(pair)]
}
