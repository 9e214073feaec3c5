import { keys } from '../catalog/key-spec.ts'
import { List, type Side } from '../data/list.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { INDEX_OUT_OF_RANGE, NO_SUCH_KEY, SYNTAX_ERROR, wrongArity } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { NULL_ARRAY, OK, type Reply } from '../resp/value.ts'
import { integer, positive, range } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/lpush/ */
export const lpush: Command<[key: string, element: string, ...more: string[]]> = {
  name: 'lpush',
  arity: -3,
  group: 'list',
  since: '1.0.0',
  summary: 'Prepend one or multiple elements to a list',
  complexity:
    'O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW insert')],
  run: (client, argv) => push(client, argv, 'left', true),
}

/** @see https://redis.io/docs/latest/commands/rpush/ */
export const rpush: Command<[key: string, element: string, ...more: string[]]> = {
  name: 'rpush',
  arity: -3,
  group: 'list',
  since: '1.0.0',
  summary: 'Append one or multiple elements to a list',
  complexity:
    'O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW insert')],
  run: (client, argv) => push(client, argv, 'right', true),
}

/** @see https://redis.io/docs/latest/commands/lpushx/ */
export const lpushx: Command<[key: string, element: string, ...more: string[]]> = {
  name: 'lpushx',
  arity: -3,
  group: 'list',
  since: '2.2.0',
  summary: 'Prepend an element to a list, only if the list exists',
  complexity:
    'O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW insert')],
  run: (client, argv) => push(client, argv, 'left', false),
}

/** @see https://redis.io/docs/latest/commands/rpushx/ */
export const rpushx: Command<[key: string, element: string, ...more: string[]]> = {
  name: 'rpushx',
  arity: -3,
  group: 'list',
  since: '2.2.0',
  summary: 'Append an element to a list, only if the list exists',
  complexity:
    'O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW insert')],
  run: (client, argv) => push(client, argv, 'right', false),
}

function push({ db }: Caller, argv: readonly string[], side: Side, create: boolean): Reply {
  const key = argv[1]!
  let list = db.takeAs(key, List)
  if (list === undefined) {
    if (!create) return 0
    list = new List()
    db.add(key, list)
  }
  for (let i = 2; i < argv.length; i++) list.add(side, argv[i]!)
  db.changed(key, EVENT.list, side === 'left' ? 'lpush' : 'rpush', argv.length - 2)
  return list.length
}

/** @see https://redis.io/docs/latest/commands/lpop/ */
export const lpop: Command<[key: string, ...count: string[]]> = {
  name: 'lpop',
  arity: -2,
  group: 'list',
  since: '1.0.0',
  summary: 'Remove and get the first elements in a list',
  complexity: 'O(N) where N is the number of elements returned',
  flags: ['write', 'fast'],
  keys: [keys('RW access delete')],
  run: (client, argv) => popCommand(client, argv, 'left', 'lpop'),
}

/** @see https://redis.io/docs/latest/commands/rpop/ */
export const rpop: Command<[key: string, ...count: string[]]> = {
  name: 'rpop',
  arity: -2,
  group: 'list',
  since: '1.0.0',
  summary: 'Remove and get the last elements in a list',
  complexity: 'O(N) where N is the number of elements returned',
  flags: ['write', 'fast'],
  keys: [keys('RW access delete')],
  run: (client, argv) => popCommand(client, argv, 'right', 'rpop'),
}

function popCommand(client: Caller, argv: readonly string[], side: Side, name: string): Reply {
  if (argv.length > 3) throw wrongArity(name)
  const count = argv[2] === undefined ? undefined : positive(argv[2])
  const list = client.db.takeAs(argv[1]!, List)
  if (list === undefined) return count === undefined ? null : NULL_ARRAY
  if (count === undefined) return pop(client, argv[1]!, list, side)
  return popMany(client, argv[1]!, list, side, count)
}

/** Pops one element of a list that is not empty, and reports the change. */
export function pop(client: Caller, key: string, list: List, side: Side): string {
  const element = list.take(side)
  popped(client, key, list, side, 1)
  return element
}

/** Pops up to `count` elements, and reports the change. */
export function popMany(client: Caller, key: string, list: List, side: Side, count: number): string[] {
  const elements: string[] = []
  while (elements.length < count && list.length > 0) elements.push(list.take(side))
  if (elements.length > 0) popped(client, key, list, side, elements.length)
  return elements
}

/** Reports that elements were popped from an end, and removes a list that became empty. */
export function popped({ db }: Caller, key: string, list: List, side: Side, count: number): void {
  db.changed(key, EVENT.list, side === 'left' ? 'lpop' : 'rpop', count)
  removeIfEmpty(db, key, list)
}

function removeIfEmpty(db: Caller['db'], key: string, list: List): void {
  if (list.length > 0) return
  db.remove(db.peek(key)!)
  db.notify(EVENT.generic, 'del', key)
}

/** @see https://redis.io/docs/latest/commands/llen/ */
export const llen: Command<[key: string]> = {
  name: 'llen',
  arity: 2,
  group: 'list',
  since: '1.0.0',
  summary: 'Get the length of a list',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO')],
  run: (client, argv) => client.db.get(argv[1], List)?.length ?? 0,
}

/** @see https://redis.io/docs/latest/commands/lindex/ */
export const lindex: Command<[key: string, index: string]> = {
  name: 'lindex',
  arity: 3,
  group: 'list',
  since: '1.0.0',
  summary: 'Get an element from a list by its index',
  complexity:
    'O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for the first or the last element of the list O(1).',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run({ db }, [, key, indexText]) {
    const list = db.get(key, List)
    if (list === undefined) return null
    const at = position(integer(indexText), list.length)
    return at === undefined ? null : list.at(at)
  },
}

/** Resolves an index that may count from the end; `undefined` if it is outside the list. */
function position(index: number, length: number): number | undefined {
  const at = index < 0 ? index + length : index
  return at >= 0 && at < length ? at : undefined
}

/** @see https://redis.io/docs/latest/commands/lset/ */
export const lset: Command<[key: string, index: string, element: string]> = {
  name: 'lset',
  arity: 4,
  group: 'list',
  since: '1.0.0',
  summary: 'Set the value of an element in a list by its index',
  complexity:
    'O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).',
  flags: ['write', 'denyoom'],
  keys: [keys('RW update')],
  run({ db }, [, key, indexText, element]) {
    const list = db.takeAs(key, List)
    if (list === undefined) throw NO_SUCH_KEY
    const at = position(integer(indexText), list.length)
    if (at === undefined) throw INDEX_OUT_OF_RANGE
    list.set(at, element)
    db.changed(key, EVENT.list, 'lset')
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/lrange/ */
export const lrange: Command<[key: string, start: string, stop: string]> = {
  name: 'lrange',
  arity: 4,
  group: 'list',
  since: '1.0.0',
  summary: 'Get a range of elements from a list',
  complexity:
    'O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) for large lists; and N is the number of elements in the specified range.',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run({ db }, [, key, startText, stopText]) {
    const [start, stop] = [integer(startText), integer(stopText)]
    const list = db.get(key, List)
    if (list === undefined) return []
    const part = range(start, stop, list.length)
    return list.slice(part.start, part.end)
  },
}

/** @see https://redis.io/docs/latest/commands/ltrim/ */
export const ltrim: Command<[key: string, start: string, stop: string]> = {
  name: 'ltrim',
  arity: 4,
  group: 'list',
  since: '1.0.0',
  summary: 'Trim a list to the specified range',
  complexity: 'O(N) where N is the number of elements to be removed by the operation.',
  flags: ['write'],
  keys: [keys('RW delete')],
  run({ db }, [, key, startText, stopText]) {
    const [start, stop] = [integer(startText), integer(stopText)]
    const list = db.takeAs(key, List)
    if (list === undefined) return OK
    const before = list.length
    const part = range(start, stop, before)
    if (part.start >= part.end) list.trim(0, 0)
    else list.trim(part.start, part.end)
    db.changed(key, EVENT.list, 'ltrim', before - list.length)
    removeIfEmpty(db, key, list)
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/lrem/ */
export const lrem: Command<[key: string, count: string, element: string]> = {
  name: 'lrem',
  arity: 4,
  group: 'list',
  since: '1.0.0',
  summary: 'Remove elements from a list',
  complexity: 'O(N+M) where N is the length of the list and M is the number of elements removed.',
  flags: ['write'],
  keys: [keys('RW delete')],
  run({ db }, [, key, countText, element]) {
    const count = integer(countText)
    const list = db.takeAs(key, List)
    if (list === undefined) return 0
    const removed = list.removeEqual(element, count)
    if (removed === 0) return 0
    db.changed(key, EVENT.list, 'lrem', removed)
    removeIfEmpty(db, key, list)
    return removed
  },
}

/** @see https://redis.io/docs/latest/commands/linsert/ */
export const linsert: Command<[key: string, where: string, pivot: string, element: string]> = {
  name: 'linsert',
  arity: 5,
  group: 'list',
  since: '2.2.0',
  summary: 'Insert an element before or after another element in a list',
  complexity:
    'O(N) where N is the number of elements to traverse before seeing the value pivot. This means that inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on the right end (tail) is O(N).',
  flags: ['write', 'denyoom'],
  keys: [keys('RW insert')],
  run({ db }, [, key, where, pivot, element]) {
    const word = where.toUpperCase()
    if (word !== 'BEFORE' && word !== 'AFTER') throw SYNTAX_ERROR
    const list = db.takeAs(key, List)
    if (list === undefined) return 0
    const at = list.indexOf(pivot)
    if (at === -1) return -1
    list.insert(word === 'BEFORE' ? at : at + 1, element)
    db.changed(key, EVENT.list, 'linsert')
    return list.length
  },
}
