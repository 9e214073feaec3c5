/** A value as calls might carry it. */
export interface Payload {
  readonly name: string
  readonly value: unknown
}

function rows(count: number, more: (i: number) => object = () => ({})): unknown[] {
  return Array.from({ length: count }, (_, i) => ({
    id: i,
    name: `user ${i}`,
    email: `user${i}@example.com`,
    active: i % 2 === 0,
    score: i * 1.5,
    ...more(i),
  }))
}

/** Plain ones first, then those that JSON does not carry. */
export const payloads: readonly Payload[] = [
  { name: 'string, 100 B', value: 'x'.repeat(100) },
  {
    name: 'small object',
    value: { id: 17, name: 'Ada Lovelace', active: true, tags: ['a', 'b'], address: { city: 'London', zip: 'NW1' } },
  },
  { name: '100 rows', value: rows(100) },
  { name: '5000 rows', value: rows(5_000) },
  { name: '1000 numbers', value: Array.from({ length: 1_000 }, (_, i) => i * 3) },
  { name: 'string, 1 MB', value: 'x'.repeat(1_000_000) },
  { name: 'small object with a Date', value: { id: 17, name: 'Ada Lovelace', born: new Date(0) } },
  { name: '100 rows with a Date and undefined', value: rows(100, (i) => ({ at: new Date(i), left: undefined })) },
  { name: 'Map of 100', value: new Map(rows(100).map((row, i) => [i, row])) },
  { name: 'Uint8Array, 64 KB', value: new Uint8Array(65_536) },
]
