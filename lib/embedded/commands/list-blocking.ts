import { countedKeys, keys } from '../catalog/key-spec.ts'
import { List, type Side } from '../data/list.ts'
import type { Aggregate, Kind } from '../data/value.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { NULL_ARRAY, type Reply } from '../resp/value.ts'
import { pop } from './list.ts'
import { move, parsePopRequest, popFrom, side } from './list-move.ts'
import { blockUntil } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/blpop/ */
export const blpop: Command<[key: string, timeout: string, ...more: string[]]> = {
  name: 'blpop',
  arity: -3,
  group: 'list',
  since: '2.0.0',
  summary: 'Remove and get the first element in a list, or block until one is available',
  complexity: 'O(N) where N is the number of provided keys.',
  flags: ['write', 'noscript', 'blocking'],
  keys: [keys('RW access delete', { last: -2 })],
  run: (client, argv) => blockingPop(client, argv, 'left'),
}

/** @see https://redis.io/docs/latest/commands/brpop/ */
export const brpop: Command<[key: string, timeout: string, ...more: string[]]> = {
  name: 'brpop',
  arity: -3,
  group: 'list',
  since: '2.0.0',
  summary: 'Remove and get the last element in a list, or block until one is available',
  complexity: 'O(N) where N is the number of provided keys.',
  flags: ['write', 'noscript', 'blocking'],
  keys: [keys('RW access delete', { last: -2 })],
  run: (client, argv) => blockingPop(client, argv, 'right'),
}

function blockingPop(client: Caller, argv: readonly string[], side: Side): Reply {
  const until = blockUntil(argv.at(-1)!, client.engine.now)
  const names = argv.slice(1, -1)
  const attempt = (key: string): Reply | undefined => {
    const list = client.db.takeAs(key, List)
    if (list === undefined) return undefined
    const element = pop(client, key, list, side)
    client.engine.propagation.rewrite([side === 'left' ? 'LPOP' : 'RPOP', key])
    return [key, element]
  }
  return serveOrBlock(client, List, names, until, NULL_ARRAY, attempt)
}

/** @see https://redis.io/docs/latest/commands/blmpop/ */
export const blmpop: Command<[timeout: string, numkeys: string, key: string, where: string, ...more: string[]]> = {
  name: 'blmpop',
  arity: -5,
  group: 'list',
  since: '7.0.0',
  summary: 'Pop elements from a list, or block until one is available',
  complexity: 'O(N+M) where N is the number of provided keys and M is the number of elements returned.',
  flags: ['write', 'blocking'],
  keys: [countedKeys('RW access delete', { at: 2 })],
  run(client, argv) {
    const request = parsePopRequest(argv, 2)
    const until = blockUntil(argv[1], client.engine.now)
    return serveOrBlock(client, List, request.keys, until, NULL_ARRAY, (key) => popFrom(client, key, request))
  },
}

/** @see https://redis.io/docs/latest/commands/blmove/ */
export const blmove: Command<[source: string, destination: string, from: string, to: string, timeout: string]> = {
  name: 'blmove',
  arity: 6,
  group: 'list',
  since: '6.2.0',
  summary: 'Pop an element from a list, push it to another list and return it; or block until one is available',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'noscript', 'blocking'],
  keys: [keys('RW access delete'), keys('RW insert', { at: 2 })],
  run(client, [, source, destination, from, to, timeout]) {
    const [fromSide, toSide] = [side(from), side(to)]
    const until = blockUntil(timeout, client.engine.now)
    return serveOrBlock(client, List, [source], until, null, () => {
      const element = move(client, source, destination, fromSide, toSide)
      if (element !== undefined) client.engine.propagation.rewrite(['LMOVE', source, destination, from, to])
      return element
    })
  },
}

/** @see https://redis.io/docs/latest/commands/brpoplpush/ */
export const brpoplpush: Command<[source: string, destination: string, timeout: string]> = {
  name: 'brpoplpush',
  arity: 4,
  group: 'list',
  since: '2.2.0',
  summary: 'Pop an element from a list, push it to another list and return it; or block until one is available',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'noscript', 'blocking'],
  keys: [keys('RW access delete'), keys('RW insert', { at: 2 })],
  run(client, [, source, destination, timeout]) {
    const until = blockUntil(timeout, client.engine.now)
    return serveOrBlock(client, List, [source], until, null, () => {
      const element = move(client, source, destination, 'right', 'left')
      if (element !== undefined) client.engine.propagation.rewrite(['RPOPLPUSH', source, destination])
      return element
    })
  },
}

/**
 * Answers from the first key that has an element, or blocks the client until one has. A key of
 * another type is an error for a client that asks, but a client that is blocked already stays
 * blocked when a key gets another type.
 * @param kind - what the client waits for
 * @param nothing - the reply if there is no element and the client may not block; a client that has
 * waited gets a null array
 */
export function serveOrBlock(
  client: Caller,
  kind: Kind<Aggregate>,
  names: readonly string[],
  until: number,
  nothing: Reply,
  attempt: (key: string) => Reply | undefined,
): Reply {
  for (const key of names) {
    const reply = attempt(key)
    if (reply !== undefined) return reply
  }
  const serve = (key: string): Reply | undefined =>
    client.db.peek(key)?.value instanceof kind ? attempt(key) : undefined
  return client.mayNotBlock ? nothing : client.block({ keys: names, until, timeoutReply: NULL_ARRAY, serve })
}
