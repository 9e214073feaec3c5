import { InvalidOptionError, ProtocolError } from '../errors.ts'
import { dispensableKeys } from '../util/dispensable.ts'
import { asObject } from './fields.ts'

/** Strings that are sent with a call, a task or an event. */
export type Metadata = Readonly<Record<string, string>>

/** How many characters all metadata of one message may have. */
const MOST_METADATA = 16_384

/**
 * Validates the metadata of a caller. Entries that may be left out, such as a trace context, are left
 * out if they do not fit.
 * @throws InvalidOptionError
 */
export function checkMetadata(metadata: unknown): Metadata {
  if (typeof metadata !== 'object' || metadata === null) throw refused(metadata)
  const record = metadata as Readonly<Record<string, string>>
  const characters = charactersIn(record)
  if (characters === undefined) throw refused(metadata)
  const keys = Object.keys(record)
  if (characters <= MOST_METADATA) return copyOf(record, keys)
  const dispensable = new Set(dispensableKeys(record))
  let kept = copyOf(
    record,
    keys.filter((key) => !dispensable.has(key)),
  )
  if (!fits(kept)) throw refused(metadata)
  // Not the dispensable keys themselves: entries may have been deleted again.
  for (const key of keys) {
    if (!dispensable.has(key)) continue
    const more = { ...kept, [key]: record[key] as string }
    if (fits(more)) kept = more
  }
  return kept
}

function refused(metadata: unknown): InvalidOptionError {
  return new InvalidOptionError(
    'metadata',
    `an object of strings, ${MOST_METADATA} characters in all at most`,
    metadata,
  )
}

function fits(metadata: Metadata): boolean {
  return (charactersIn(metadata) ?? Number.POSITIVE_INFINITY) <= MOST_METADATA
}

/** Undefined: it is not metadata. */
function charactersIn(record: Readonly<Record<string, unknown>>): number | undefined {
  let characters = 0
  for (const key of Object.keys(record)) {
    const text = record[key]
    if (typeof text !== 'string' || key === '__proto__') return undefined
    characters += key.length + text.length
  }
  return characters
}

/** Copies entries, without the mark of those that may be left out. */
function copyOf(record: Metadata, keys: readonly string[]): Metadata {
  const copy: Record<string, string> = {}
  for (const key of keys) copy[key] = record[key] as string
  return copy
}

/**
 * Reads the metadata of a message.
 * @param value what was parsed, which becomes the metadata
 * @throws ProtocolError
 */
export function readMetadata(value: unknown): Metadata {
  const metadata = asObject(value, 'options.metadata')
  const characters = charactersIn(metadata)
  if (characters === undefined) throw new ProtocolError('options.metadata holds something other than strings')
  if (characters > MOST_METADATA) throw new ProtocolError(`options.metadata has more than ${MOST_METADATA} characters`)
  return metadata as Metadata
}

/** Empty metadata. */
export const NO_METADATA: Metadata = Object.freeze({})

/**
 * Reads the metadata of a message that may come from other software: invalid metadata counts as
 * none.
 */
export function foundMetadata(value: unknown): Metadata {
  if (value === undefined) return NO_METADATA
  try {
    return Object.freeze(readMetadata(value))
  } catch {
    return NO_METADATA
  }
}

/**
 * Encodes metadata as JSON; undefined if there is none, so that messages without metadata do not
 * change.
 */
export function metadataText(metadata: Metadata | undefined): string | undefined {
  if (metadata === undefined) return undefined
  const text = JSON.stringify(metadata)
  return text === '{}' ? undefined : text
}
