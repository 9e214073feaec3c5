import { countedKeys, keys } from '../catalog/key-spec.ts'
import { List, type Side } from '../data/list.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { NULL_ARRAY, type Reply } from '../resp/value.ts'
import { popMany, popped } from './list.ts'
import { integerWithin } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/lmove/ */
export const lmove: Command<[source: string, destination: string, from: string, to: string]> = {
  name: 'lmove',
  arity: 5,
  group: 'list',
  since: '6.2.0',
  summary: 'Pop an element from a list, push it to another list and return it',
  complexity: 'O(1)',
  flags: ['write', 'denyoom'],
  keys: [keys('RW access delete'), keys('RW insert', { at: 2 })],
  run: (client, [, source, destination, from, to]) => move(client, source, destination, side(from), side(to)) ?? null,
}

/** @see https://redis.io/docs/latest/commands/rpoplpush/ */
export const rpoplpush: Command<[source: string, destination: string]> = {
  name: 'rpoplpush',
  arity: 3,
  group: 'list',
  since: '1.2.0',
  summary: 'Remove the last element in a list, prepend it to another list and return it',
  complexity: 'O(1)',
  flags: ['write', 'denyoom'],
  keys: [keys('RW access delete'), keys('RW insert', { at: 2 })],
  run: (client, [, source, destination]) => move(client, source, destination, 'right', 'left') ?? null,
}

/** Moves an element from one list to another; `undefined` if there is none. */
export function move(client: Caller, source: string, destination: string, from: Side, to: Side): string | undefined {
  const { db } = client
  const list = db.takeAs(source, List)
  if (list === undefined) return undefined
  const target = db.takeAs(destination, List) ?? new List()
  const element = list.take(from)
  if (target.length === 0 && target !== list) db.add(destination, target)
  target.add(to, element)
  db.changed(destination, EVENT.list, to === 'left' ? 'lpush' : 'rpush', 0)
  popped(client, source, list, from, 1)
  return element
}

/** Reads `LEFT` or `RIGHT`. */
export function side(text: string): Side {
  const word = text.toUpperCase()
  if (word === 'LEFT') return 'left'
  if (word === 'RIGHT') return 'right'
  throw SYNTAX_ERROR
}

/** @see https://redis.io/docs/latest/commands/lmpop/ */
export const lmpop: Command<[numkeys: string, key: string, where: string, ...more: string[]]> = {
  name: 'lmpop',
  arity: -4,
  group: 'list',
  since: '7.0.0',
  summary: 'Pop elements from a list',
  complexity: 'O(N+M) where N is the number of provided keys and M is the number of elements returned.',
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

/** What LMPOP and BLMPOP ask for. */
export interface PopRequest {
  readonly keys: readonly string[]
  readonly side: Side
  readonly count: number
}

/** Reads `numkeys key … LEFT|RIGHT [COUNT count]`. */
export function parsePopRequest(argv: readonly string[], at: number): PopRequest {
  const numkeys = integerWithin(argv[at]!, 1, Infinity, 'numkeys should be greater than 0')
  const where = at + 1 + numkeys
  if (where >= argv.length) throw SYNTAX_ERROR
  const end = side(argv[where]!)
  let count: number | undefined
  for (let i = where + 1; i < argv.length; i += 2) {
    if (argv[i]!.toUpperCase() !== 'COUNT' || count !== undefined || i + 1 >= argv.length) throw SYNTAX_ERROR
    count = integerWithin(argv[i + 1]!, 1, Infinity, 'count should be greater than 0')
  }
  return { keys: argv.slice(at + 1, where), side: end, count: count ?? 1 }
}

/** Pops the requested elements of one key; `undefined` if there is no list. */
export function popFrom(client: Caller, key: string, { side, count }: PopRequest): Reply | undefined {
  const list = client.db.takeAs(key, List)
  if (list === undefined) return undefined
  const elements = popMany(client, key, list, side, count)
  client.engine.propagation.rewrite([side === 'left' ? 'LPOP' : 'RPOP', key, `${elements.length}`])
  return [key, elements]
}
