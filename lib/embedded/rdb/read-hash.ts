import { Hash, type HashLimits } from '../data/hash.ts'
import { parseInteger } from '../text/numbers.ts'
import { BadPayload } from './bad-payload.ts'
import { listpackElements } from './listpack.ts'
import type { Reader } from './reader.ts'

/** A hash as alternating fields and values. */
export function hashOf(flat: Iterable<string>, limits: HashLimits): Hash {
  const hash = new Hash()
  let field: string | undefined
  for (const text of flat) {
    if (field === undefined) field = text
    else {
      add(hash, field, text, limits)
      field = undefined
    }
  }
  if (field !== undefined) throw new BadPayload('a field has no value')
  return filled(hash)
}

/**
 * The first expiry; then for each field its expiry minus the first one, plus 1, or 0 for never,
 * then field and value.
 */
export function expiringHash(reader: Reader, limits: HashLimits): Hash {
  const hash = new Hash()
  const first = Number(reader.int64())
  for (let left = reader.count(3); left > 0; left--) {
    const later = reader.length()
    const field = reader.text()
    add(hash, field, reader.text(), limits)
    if (later !== 0) expire(hash, field, first + later - 1)
  }
  return filled(hash)
}

/** The first expiry; then field, value and the expiry of the field, or 0, in a listpack. */
export function expiringHashOfListpack(reader: Reader, limits: HashLimits): Hash {
  const hash = new Hash()
  reader.int64()
  const elements = listpackElements(reader.blob(), reader.budget)
  if (elements.length % 3 !== 0) throw new BadPayload('a field has no value')
  for (let i = 0; i < elements.length; i += 3) {
    add(hash, elements[i]!, elements[i + 1]!, limits)
    const at = parseInteger(elements[i + 2]!)
    if (at !== 0) expire(hash, elements[i]!, at)
  }
  return filled(hash)
}

function add(hash: Hash, field: string, value: string, limits: HashLimits): void {
  if (!hash.set(field, value, limits)) throw new BadPayload('a hash has a field twice')
}

function expire(hash: Hash, field: string, at: number | undefined): void {
  if (at === undefined || at < 0 || !Number.isSafeInteger(at)) throw new BadPayload('a field expires at no time')
  hash.expireAt(field, at)
}

/** An empty value is not valid. */
function filled(hash: Hash): Hash {
  if (hash.size === 0) throw new BadPayload('it is empty')
  return hash
}
