import { keys } from '../catalog/key-spec.ts'
import type { Command } from '../engine/command.ts'
import { wrongArity } from '../errors.ts'
import { OK } from '../resp/value.ts'
import { put } from './string.ts'

/** @see https://redis.io/docs/latest/commands/mget/ */
export const mget: Command<[key: string, ...keys: string[]]> = {
  name: 'mget',
  arity: -2,
  group: 'string',
  since: '1.0.0',
  summary: 'Get the values of all the given keys',
  complexity: 'O(N) where N is the number of keys to retrieve.',
  flags: ['readonly', 'fast'],
  tips: ['request_policy:multi_shard'],
  keys: [keys('RO access', { last: -1 })],
  run: ({ db }, argv) =>
    argv.slice(1).map((key) => {
      const value = db.find(key)?.value
      return typeof value === 'string' ? value : null
    }),
}

/** @see https://redis.io/docs/latest/commands/mset/ */
export const mset: Command<[key: string, value: string, ...more: string[]]> = {
  name: 'mset',
  arity: -3,
  group: 'string',
  since: '1.0.1',
  summary: 'Set multiple keys to multiple values',
  complexity: 'O(N) where N is the number of keys to set.',
  flags: ['write', 'denyoom'],
  tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
  keys: [keys('OW update', { last: -1, step: 2 })],
  run(client, argv) {
    if (argv.length % 2 === 0) throw wrongArity('mset')
    for (let i = 1; i < argv.length; i += 2) put(client, argv[i]!, argv[i + 1]!, undefined, false)
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/msetnx/ */
export const msetnx: Command<[key: string, value: string, ...more: string[]]> = {
  name: 'msetnx',
  arity: -3,
  group: 'string',
  since: '1.0.1',
  summary: 'Set multiple keys to multiple values, only if none of the keys exist',
  complexity: 'O(N) where N is the number of keys to set.',
  flags: ['write', 'denyoom'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_min'],
  keys: [keys('OW insert', { last: -1, step: 2 })],
  run(client, argv) {
    if (argv.length % 2 === 0) throw wrongArity('msetnx')
    for (let i = 1; i < argv.length; i += 2) if (client.db.has(argv[i]!)) return 0
    for (let i = 1; i < argv.length; i += 2) put(client, argv[i]!, argv[i + 1]!, undefined, false)
    return 1
  },
}
