import type { Aggregate, Database } from '../keyspace.ts'

/**
 * Keeps what a command has computed under a key, whatever it had; of an empty result only the removal is left.
 * @returns how many elements it has
 */
export function storeOrDelete(
  db: Database,
  key: string,
  value: Aggregate & { readonly size: number },
  eventClass: number,
  event: string,
): number {
  if (value.size === 0) db.delete(key)
  else {
    db.set(key, value)
    db.changed(key, eventClass, event)
  }
  return value.size
}
