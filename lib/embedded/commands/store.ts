import type { Aggregate } from '../data/value.ts'
import type { Database } from '../keyspace/database.ts'

/**
 * Keeps what a command has computed under a key, whatever it had; of an empty result only the removal is left.
 * @param size - how many elements the result has
 * @returns the same
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
