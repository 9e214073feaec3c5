import { keys } from '../catalog/key-spec.ts'
import { Hash } from '../data/hash.ts'
import { List } from '../data/list.ts'
import { RedisSet } from '../data/redis-set.ts'
import { SortedSet } from '../data/sorted-set.ts'
import { Stream } from '../data/stream.ts'
import { MAX_ID } from '../data/stream-id.ts'
import type { Aggregate } from '../data/value.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { memoryStatistics } from '../info/memory-facts.ts'
import type { KeyEntry } from '../keyspace/entry.ts'
import { MapReply, OK, VerbatimReply } from '../resp/value.ts'
import { helpReply } from './help.ts'
import { integer } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/memory-usage/ */
export const memoryUsage: Command<[subcommand: string, key: string, ...options: string[]]> = {
  name: 'usage',
  arity: -3,
  group: 'server',
  since: '4.0.0',
  summary: 'Estimate the memory usage of a key',
  complexity: 'O(N) where N is the number of samples.',
  flags: ['readonly'],
  keys: [keys('RO', { at: 2 })],
  run({ db }, argv) {
    let samples = 5
    for (let i = 3; i < argv.length; i += 2) {
      if (argv[i]!.toUpperCase() !== 'SAMPLES' || i + 1 >= argv.length) throw SYNTAX_ERROR
      samples = integer(argv[i + 1]!)
      if (samples < 0) throw SYNTAX_ERROR
    }
    const entry = db.peek(argv[2])
    return entry === undefined ? null : bytesOf(entry, samples === 0 ? Infinity : samples)
  },
}

/** @see https://redis.io/docs/latest/commands/memory-doctor/ */
export const memoryDoctor: Command<[subcommand: string]> = {
  name: 'doctor',
  arity: 2,
  group: 'server',
  since: '4.0.0',
  summary: 'Outputs memory problems report',
  complexity: 'O(1)',
  flags: [],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  run: () => new VerbatimReply('Memory is that of a process of Node: look at its heap.\n'),
}

/** @see https://redis.io/docs/latest/commands/memory-malloc-stats/ */
export const memoryMallocStats: Command<[subcommand: string]> = {
  name: 'malloc-stats',
  arity: 2,
  group: 'server',
  since: '4.0.0',
  summary: 'Show allocator internal stats',
  complexity: 'Depends on how much memory is allocated, could be slow',
  flags: [],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  run: () => new VerbatimReply('Stats not supported for the current allocator'),
}

/** @see https://redis.io/docs/latest/commands/memory-purge/ */
export const memoryPurge: Command<[subcommand: string]> = {
  name: 'purge',
  arity: 2,
  group: 'server',
  since: '4.0.0',
  summary: 'Ask the allocator to release memory',
  complexity: 'Depends on how much memory is allocated, could be slow',
  flags: [],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  run: () => OK,
}

/** @see https://redis.io/docs/latest/commands/memory-stats/ */
export const memoryStats: Command<[subcommand: string]> = {
  name: 'stats',
  arity: 2,
  group: 'server',
  since: '4.0.0',
  summary: 'Show memory usage details',
  complexity: 'O(1)',
  flags: [],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  run: ({ engine }) => new MapReply(memoryStatistics(engine).flat()),
}

/** @see https://redis.io/docs/latest/commands/memory-help/ */
export const memoryHelp: Command<[subcommand: string]> = {
  name: 'help',
  arity: 2,
  group: 'server',
  since: '4.0.0',
  summary: 'Show helpful text about the different subcommands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: () => helpReply('MEMORY', HELP),
}

/** @see https://redis.io/docs/latest/commands/memory/ */
export const memory: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'memory',
  arity: -2,
  group: 'server',
  since: '4.0.0',
  summary: 'A container for memory diagnostics commands',
  complexity: 'Depends on subcommand.',
  flags: [],
  subcommands: [memoryDoctor, memoryMallocStats, memoryPurge, memoryStats, memoryUsage, memoryHelp],
}

/**
 * Approximate memory that V8 uses: for a string besides its characters, for a key, and for an
 * element with its position.
 */
const STRING_BYTES = 16
const ENTRY_BYTES = 120
const ELEMENT_BYTES = 56
/** At most this many entries of a stream are sampled, however many the client asks for. */
const SAMPLED_ENTRIES = 100

/** An estimate from the first few elements of a large value. */
function bytesOf({ key, value }: KeyEntry, samples: number): number {
  const own = ENTRY_BYTES + STRING_BYTES + key.length
  if (typeof value === 'string') return own + STRING_BYTES + value.length
  const { size, texts } = contents(value)
  let sampled = 0
  let bytes = 0
  for (const text of texts) {
    if (sampled++ === samples) break
    bytes += ELEMENT_BYTES + STRING_BYTES + text.length
  }
  return own + (sampled === 0 ? 0 : Math.round((bytes / Math.min(sampled, samples)) * size))
}

/** The number of elements of a value, and the content of each as one text. */
function contents(value: Aggregate): { size: number; texts: Iterable<string> } {
  if (value instanceof List) return { size: value.length, texts: elements(value) }
  if (value instanceof Hash) return { size: value.size, texts: joined(value.entries()) }
  if (value instanceof RedisSet) return { size: value.size, texts: value.members() }
  if (value instanceof SortedSet) return { size: value.size, texts: members(value) }
  if (value instanceof Stream) {
    return { size: value.length, texts: value.range(0n, MAX_ID, SAMPLED_ENTRIES).map(({ fields }) => fields.join('')) }
  }
  return { size: 0, texts: [] }
}

function* elements(list: List): Generator<string> {
  for (let i = 0; i < list.length; i++) yield list.at(i)
}

function* joined(pairs: Iterable<readonly string[]>): Generator<string> {
  for (const pair of pairs) yield pair.join('')
}

function* members(set: SortedSet): Generator<string> {
  for (const { member } of set.range(0, set.size)) yield member
}

const HELP = `
DOCTOR
    Return memory problems reports.
MALLOC-STATS
    Return internal statistics report from the memory allocator.
PURGE
    Attempt to purge dirty pages for reclamation by the allocator.
STATS
    Return information about the memory usage of the server.
USAGE <key> [SAMPLES <count>]
    Return memory in bytes used by <key> and its value. Nested values are
    sampled up to <count> times (default: 5, 0 means sample all).
`
