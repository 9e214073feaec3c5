const DISPENSABLE = Symbol('dispensable')

interface Marked {
  [DISPENSABLE]?: string[]
}

/** Sets an entry of a record that whoever sends the record may leave out for want of room. */
export function setDispensable(record: Record<string, string>, key: string, value: string): void {
  record[key] = value
  const marked = record as Marked
  if (marked[DISPENSABLE] === undefined) marked[DISPENSABLE] = [key]
  else marked[DISPENSABLE].push(key)
}

/** The keys that {@link setDispensable} has set. */
export function dispensableKeys(record: object): readonly string[] {
  return (record as Marked)[DISPENSABLE] ?? []
}
