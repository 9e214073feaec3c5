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
  const accepts = `an object of strings, ${MOST_METADATA} characters in all at most`
  if (typeof metadata !== 'object' || metadata === null) throw new InvalidOptionError('metadata', accepts, metadata)
  const entries = Object.entries(metadata)
  if (areValid(entries)) return Object.fromEntries(entries)
  const dispensable = dispensableKeys(metadata)
  const kept = entries.filter(([key]) => !dispensable.includes(key))
  if (!areValid(kept)) throw new InvalidOptionError('metadata', accepts, metadata)
  for (const entry of entries) if (dispensable.includes(entry[0]) && areValid([...kept, entry])) kept.push(entry)
  return Object.fromEntries(kept)
}

function areValid(entries: readonly [string, unknown][]): boolean {
  let characters = 0
  for (const [key, text] of entries) {
    if (typeof text !== 'string' || key === '__proto__') return false
    characters += key.length + text.length
  }
  return characters <= MOST_METADATA
}

/** Reads the metadata of a message. @throws ProtocolError */
export function readMetadata(value: unknown): Metadata {
  const entries = Object.entries(asObject(value, 'options.metadata'))
  let characters = 0
  for (const [key, text] of entries) {
    if (typeof text !== 'string') throw new ProtocolError('options.metadata holds something other than strings')
    characters += key.length + text.length
  }
  if (characters > MOST_METADATA) throw new ProtocolError(`options.metadata has more than ${MOST_METADATA} characters`)
  return Object.fromEntries(entries) as Record<string, string>
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
