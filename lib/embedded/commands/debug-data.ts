import { List } from '../data/list.ts'
import type { Caller } from '../engine/caller.ts'
import type { Engine } from '../engine/engine.ts'
import { NO_SUCH_KEY } from '../errors.ts'
import { digestOfAll, digestOfValue } from '../keyspace/dataset-digest.ts'
import type { KeyEntry } from '../keyspace/entry.ts'
import { valueLimits } from '../rdb/limits.ts'
import { deserialize, serialize } from '../rdb/payload.ts'
import { ErrorReply, OK, type Reply, Status } from '../resp/value.ts'
import { encodingOf, refcountOf } from './object.ts'
import { positive } from './parse.ts'
import { LONGEST_STRING } from './string.ts'

/** A digest of all data. */
export function digest({ engine }: Caller): Reply {
  return new Status(digestOfAll(engine.databases))
}

/** A digest of each value. */
export function digestValues({ db }: Caller, keys: readonly string[]): Reply {
  return keys.map((key) => new Status(digestOfValue(db.peek(key))))
}

/**
 * Shows how a value is stored. There are no addresses to show: a shared value shows its value
 * instead, any other value its position.
 */
export function showObject(client: Caller, key: string): Reply {
  const entry = find(client, key)
  const { engine } = client
  const usedAt = Math.floor(entry.usedAt / 1000)
  const references = refcountOf(engine, entry)
  const address = references === 1 ? FIRST_ADDRESS + entry.index : Number(entry.value)
  const facts = [
    `Value at:0x${address.toString(16).padStart(12, '0')}`,
    `refcount:${references}`,
    `encoding:${encodingOf(entry)}`,
    `serializedlength:${serialize(entry.value, LONGEST_STRING).length - FRAME_BYTES}`,
    `lru:${usedAt % 2 ** 24}`,
    `lru_seconds_idle:${Math.max(0, Math.floor((engine.now - entry.usedAt) / 1000))}`,
  ]
  if (entry.value instanceof List) {
    const { length } = entry.value
    facts.push('ql_nodes:1', `ql_avg_node:${length.toFixed(2)}`, 'ql_listpack_max:-2', 'ql_compressed:0')
    facts.push(`ql_uncompressed_size:${serialize(entry.value, LONGEST_STRING).length - FRAME_BYTES}`)
  }
  return new Status(facts.join(' '))
}

/** Larger than all shared integers. */
const FIRST_ADDRESS = 2 ** 32
/** The bytes that DUMP adds to a value: its type, the version and a checksum. */
const FRAME_BYTES = 11

/** Redis prints the internals of a value for its developers. Values have no such internals here. */
export function showListpack(client: Caller, key: string): Reply {
  if (encodingOf(find(client, key)) !== 'listpack') throw new ErrorReply('ERR Not a listpack encoded object.')
  return new Status('Listpack structure printed on stdout')
}

export function showQuicklist(client: Caller, key: string): Reply {
  if (encodingOf(find(client, key)) !== 'quicklist') throw new ErrorReply('ERR Not a quicklist encoded object.')
  return new Status('Quicklist structure printed on stdout')
}

/**
 * Creates keys `key:0`, `key:1` and so on, except those that exist. As in Redis, these writes do
 * not go to the append-only file.
 */
export function populate({ db }: Caller, [countText = '', prefix = 'key', sizeText]: readonly string[]): Reply {
  const count = positive(countText)
  const size = sizeText === undefined ? 0 : positive(sizeText)
  for (let i = 0; i < count; i++) {
    const key = `${prefix}:${i}`
    if (db.has(key)) continue
    const text = `value:${i}`
    db.add(key, size === 0 ? text : text.slice(0, size).padEnd(size, '\0'))
    db.touch(key)
  }
  return OK
}

/**
 * Has the effect of writing all data to disk and reading it again. No file is written: each value
 * is serialized and read again.
 */
export function reload({ engine }: Caller): Reply {
  const limits = valueLimits(engine.config)
  for (const db of engine.databases) {
    db.reload((value) => deserialize(Buffer.from(serialize(value, LONGEST_STRING), 'latin1'), limits, LONGEST_STRING))
  }
  return OK
}

function find({ db }: Caller, key: string): KeyEntry {
  const entry = db.peek(key)
  if (entry === undefined) throw NO_SUCH_KEY
  return entry
}

/** Turns the background removal of expired keys on or off. */
export function setActiveExpiry({ sweep }: Engine, isOn: boolean): Reply {
  if (isOn) sweep.start()
  else sweep.stop()
  return OK
}
