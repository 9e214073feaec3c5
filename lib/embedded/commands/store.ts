import type { Aggregate } from '../data/value.ts'
import type { Database } from '../keyspace/database.ts'

/**
 * Stores the result of a command under a key, replacing any value. An empty result only removes the
 * key.
 * @param size - how many elements the result has
 * @returns `size`
 */
export function storeOrDelete(
  db: Database,
  key: string,
  value: Aggregate,
  size: number,
  eventClass: number,
  event: string,
  changes = 1,
): number {
  if (size === 0) db.delete(key)
  else {
    db.set(key, value)
    db.changed(key, eventClass, event, changes)
  }
  return size
}
