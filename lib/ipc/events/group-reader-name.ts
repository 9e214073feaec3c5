import { randomUUID } from 'node:crypto'

/** Names of this library's own readers begin so; those of others are left alone. */
export const READER_PREFIX = 'reader:'

/** A fresh name for one reader of a group, its consumer in Redis. */
export function newReaderName(): string {
  return READER_PREFIX + randomUUID()
}
