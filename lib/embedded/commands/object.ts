import { keys } from '../catalog/key-spec.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import type { Engine } from '../engine/engine.ts'
import type { KeyEntry } from '../keyspace/entry.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'
import { parseInt64 } from '../text/numbers.ts'
import { helpReply } from './help.ts'

/** @see https://redis.io/docs/latest/commands/object-encoding/ */
export const objectEncoding: Command<[subcommand: string, key: string]> = {
  name: 'encoding',
  arity: 3,
  group: 'generic',
  since: '2.2.3',
  summary: 'Inspect the internal encoding of a Redis object',
  complexity: 'O(1)',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO', { at: 2 })],
  run: (client, argv) => about(client, argv[2], encodingOf),
}

/** @see https://redis.io/docs/latest/commands/object-refcount/ */
export const objectRefcount: Command<[subcommand: string, key: string]> = {
  name: 'refcount',
  arity: 3,
  group: 'generic',
  since: '2.2.3',
  summary: 'Get the number of references to the value of the key',
  complexity: 'O(1)',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO', { at: 2 })],
  run: (client, argv) => about(client, argv[2], (entry) => refcountOf(client.engine, entry)),
}

/** @see https://redis.io/docs/latest/commands/object-idletime/ */
export const objectIdletime: Command<[subcommand: string, key: string]> = {
  name: 'idletime',
  arity: 3,
  group: 'generic',
  since: '2.2.3',
  summary: 'Get the time since a Redis object was last accessed',
  complexity: 'O(1)',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO', { at: 2 })],
  run: (client, argv) =>
    about(client, argv[2], (entry) => {
      if (usesLfu(client)) throw WRONG_POLICY_FOR_IDLE
      return Math.max(0, Math.floor((client.engine.now - entry.usedAt) / 1000))
    }),
}

/** @see https://redis.io/docs/latest/commands/object-freq/ */
export const objectFreq: Command<[subcommand: string, key: string]> = {
  name: 'freq',
  arity: 3,
  group: 'generic',
  since: '4.0.0',
  summary: 'Get the logarithmic access frequency counter of a Redis object',
  complexity: 'O(1)',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO', { at: 2 })],
  run: (client, argv) =>
    about(client, argv[2], () => {
      if (!usesLfu(client)) throw WRONG_POLICY_FOR_FREQUENCY
      // Nothing is evicted here, so uses are not counted; this is the frequency that Redis gives a
      // new key.
      return 5
    }),
}

/** @see https://redis.io/docs/latest/commands/object-help/ */
export const objectHelp: Command<[subcommand: string]> = {
  name: 'help',
  arity: 2,
  group: 'generic',
  since: '6.2.0',
  summary: 'Show helpful text about the different subcommands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: () => helpReply('OBJECT', HELP),
}

/** @see https://redis.io/docs/latest/commands/object/ */
export const object: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'object',
  arity: -2,
  group: 'generic',
  since: '2.2.3',
  summary: 'A container for object introspection commands',
  complexity: 'Depends on subcommand.',
  flags: [],
  categories: [],
  subcommands: [objectEncoding, objectFreq, objectIdletime, objectRefcount, objectHelp],
}

function about({ db }: Caller, key: string, tell: (entry: KeyEntry) => Reply): Reply {
  const entry = db.peek(key)
  return entry === undefined ? null : tell(entry)
}

function usesLfu({ engine }: Caller): boolean {
  return engine.config.value('maxmemory-policy').endsWith('-lfu')
}

const WRONG_POLICY_FOR_IDLE = new ErrorReply(
  'ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
)
const WRONG_POLICY_FOR_FREQUENCY = new ErrorReply(
  'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
)

/** Longest string that Redis keeps in one piece with its header. */
const EMBEDDED_UP_TO = 44

/** The encoding that Redis would use for a value. */
export function encodingOf({ value, raw, text }: KeyEntry): string {
  if (typeof value !== 'string') return value.encoding
  if (raw) return 'raw'
  if (!text && value.length <= 20 && parseInt64(value) !== undefined) return 'int'
  return value.length <= EMBEDDED_UP_TO ? 'embstr' : 'raw'
}

/**
 * The number of references that Redis would count. It shares small integers and does not count
 * references to them.
 */
export function refcountOf(engine: Engine, entry: KeyEntry): number {
  return isShared(entry) && !needsOwnIntegers(engine) ? 2147483647 : 1
}

/** Under these eviction policies every value has its own usage data, so it cannot be shared. */
function needsOwnIntegers({ config }: Engine): boolean {
  return config.number('maxmemory') > 0 && /-l[rf]u$/.test(config.value('maxmemory-policy'))
}

function isShared(entry: KeyEntry): boolean {
  const { value } = entry
  return encodingOf(entry) === 'int' && typeof value === 'string' && /^(0|[1-9][0-9]{0,3})$/.test(value)
}

const HELP = `
ENCODING <key>
    Return the kind of internal representation used in order to store the value
    associated with a <key>.
FREQ <key>
    Return the access frequency index of the <key>. The returned integer is
    proportional to the logarithm of the recent access frequency of the key.
IDLETIME <key>
    Return the idle time of the <key>, that is the approximated number of
    seconds elapsed since the last access to the key.
REFCOUNT <key>
    Return the number of references of the value associated with the specified
    <key>.
`
