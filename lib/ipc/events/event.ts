import { InvalidDataError } from '../../errors.ts'
import { type Metadata, metadataText } from '../../wire/metadata.ts'
import type { Commands } from '../commands.ts'
import type { Contents } from '../content.ts'

/** An event of a stream. */
export interface StreamEvent<T> {
  /**
   * Assigned by Redis: ms since 1970, `-`, and a sequence number within that ms. Later events have
   * larger ids.
   */
  readonly id: string
  readonly content: T
  /** Strings that are sent with the content, such as a trace context; may be empty. */
  readonly metadata: Readonly<Record<string, string>>
}

/** An entry as Redis returns it: its id, and alternating names and values of its fields. */
export type EventEntry = readonly [id: string, fields: readonly string[]]

/** Fields of an event's entry. @throws SerializationError, MessageTooLargeError */
export function eventFields<T>(value: T, contents: Contents<T>, metadata?: Metadata): string[] {
  const { content, meta } = contents.encode(value)
  const fields = meta === undefined ? ['content', content] : ['content', content, 'meta', meta]
  const more = metadataText(metadata)
  return more === undefined ? fields : [...fields, 'metadata', more]
}

/** @throws InvalidDataError when it is not an event */
export function readEvent<T>([id, fields]: EventEntry, key: string, contents: Contents<T>): StreamEvent<T> {
  const content = fieldOf(fields, 'content')
  if (content === undefined) throw new InvalidDataError(key, id, 'it has no field content')
  return {
    id,
    content: contents.decode({ content, meta: fieldOf(fields, 'meta') }, { key, id }),
    metadata: contents.decodeMetadata(fieldOf(fields, 'metadata')),
  }
}

/** How many events a stream has. */
export function countEvents(commands: Commands, name: string): Promise<number> {
  const work = { what: `count the events of ${name}`, keys: { [name]: 'stream' }, repeatable: true } as const
  return commands.run(work, (redis) => redis.xlen(name))
}

/** A field of an entry. Names are at even positions; a value may look like a name. */
export function fieldOf(fields: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < fields.length; i += 2) if (fields[i] === name) return fields[i + 1]
  return undefined
}
