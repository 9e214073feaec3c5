import { keys } from '../catalog/key-spec.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { WRONG_TYPE } from '../errors.ts'
import { markOf } from '../hyperloglog/hash.ts'
import { countRegisters, HyperLogLog } from '../hyperloglog/hyper-log-log.ts'
import { REGISTERS } from '../hyperloglog/layout.ts'
import type { KeyEntry } from '../keyspace/entry.ts'
import { EVENT } from '../keyspace/events.ts'
import { OK } from '../resp/value.ts'

/** @see https://redis.io/docs/latest/commands/pfadd/ */
export const pfadd: Command<[key: string, ...elements: string[]]> = {
  name: 'pfadd',
  arity: -2,
  group: 'hyperloglog',
  since: '2.8.9',
  summary: 'Adds the specified elements to the specified HyperLogLog.',
  complexity: 'O(1) to add every element.',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW insert')],
  run(client, argv) {
    const { db } = client
    const [, key] = argv
    const found = open(db.take(key))
    const log = found ?? HyperLogLog.empty()
    const most = mostSparseBytes(client)
    let changes = found === undefined ? 1 : 0
    for (let i = 2; i < argv.length; i++) {
      const { register, rank } = markOf(argv[i]!)
      if (log.raise(register, rank, most)) changes++
    }
    if (changes === 0) return 0
    log.touch()
    keep(client, key, log)
    db.changed(key, EVENT.string, 'pfadd', changes)
    return 1
  },
}

/** @see https://redis.io/docs/latest/commands/pfcount/ */
export const pfcount: Command<[key: string, ...more: string[]]> = {
  name: 'pfcount',
  arity: -2,
  group: 'hyperloglog',
  since: '2.8.9',
  summary: 'Return the approximated cardinality of the set(s) observed by the HyperLogLog at key(s).',
  complexity:
    'O(1) with a very small average constant time when called with a single key. O(N) with N being the number of keys, and much bigger constant times, when called with multiple keys.',
  // It caches the count in the value. That is a write, which goes to the append-only file.
  flags: ['readonly', 'may_replicate'],
  keys: [
    keys('RW access', {
      last: -1,
      notes: 'RW because it may change the internal representation of the key, and propagate to replicas',
    }),
  ],
  run(client, argv) {
    const { db, engine } = client
    const [, key] = argv
    if (argv.length > 2) return countRegisters(merge(client, argv))
    const log = open(db.find(key))
    if (log === undefined) return 0
    if (log.counted !== undefined) return log.counted
    db.preserve(key)
    const count = log.count()
    keep(client, key, log)
    db.touch(key)
    engine.dirty++
    return count
  },
}

/** @see https://redis.io/docs/latest/commands/pfmerge/ */
export const pfmerge: Command<[destkey: string, ...sources: string[]]> = {
  name: 'pfmerge',
  arity: -2,
  group: 'hyperloglog',
  since: '2.8.9',
  summary: 'Merge N different HyperLogLogs into a single one.',
  complexity: 'O(N) to merge N HyperLogLogs, but with high constant times.',
  flags: ['write', 'denyoom'],
  keys: [keys('RW access insert'), keys('RO access', { at: 2, last: -1 })],
  run(client, argv) {
    const { db } = client
    const [, destination] = argv
    let anyDense = false
    const registers = merge(client, argv, (log) => {
      anyDense ||= !log.isSparse
    })
    const log = open(db.take(destination)) ?? HyperLogLog.empty()
    if (anyDense) log.makeDense()
    const most = mostSparseBytes(client)
    for (let i = 0; i < REGISTERS; i++) if (registers[i]! > 0) log.raise(i, registers[i]!, most)
    log.touch()
    keep(client, destination, log)
    db.changed(destination, EVENT.string, 'pfadd')
    return OK
  },
}

/** The highest rank of each register over all the given keys. */
function merge({ db }: Caller, argv: readonly string[], look?: (log: HyperLogLog) => void): Uint8Array {
  const registers = new Uint8Array(REGISTERS)
  for (let i = 1; i < argv.length; i++) {
    const value = db.find(argv[i]!)?.value
    if (value === undefined) continue
    if (typeof value !== 'string') throw WRONG_TYPE
    const log = HyperLogLog.parse(value)
    look?.(log)
    log.mergeInto(registers)
  }
  return registers
}

/**
 * The HyperLogLog of a key, for writing. Redis unshares such a value even if it does not change.
 */
export function open(entry: KeyEntry | undefined): HyperLogLog | undefined {
  if (entry === undefined) return undefined
  if (typeof entry.value !== 'string') throw WRONG_TYPE
  const log = HyperLogLog.parse(entry.value)
  entry.raw = true
  return log
}

/** Stores a HyperLogLog in its key, new or not, and keeps the expiry. */
export function keep({ db }: Caller, key: string, log: HyperLogLog): void {
  const entry = db.peek(key) ?? db.add(key, '')
  entry.value = log.toString()
  entry.raw = true
}

function mostSparseBytes({ engine }: Caller): number {
  return engine.config.number('hll-sparse-max-bytes')
}
