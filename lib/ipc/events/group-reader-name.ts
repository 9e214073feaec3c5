import { randomUUID } from 'node:crypto'

/** Prefix of the names of this library's readers; readers of other software are left alone. */
export const READER_PREFIX = 'reader:'

/** A new name for a reader of a group, its consumer in Redis. */
export function newReaderName(): string {
  return READER_PREFIX + randomUUID()
}
