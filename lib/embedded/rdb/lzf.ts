import { BadPayload } from './bad-payload.ts'

/**
 * Three bytes of LZF expand to at most this many. A larger claim is refused before anything is
 * expanded.
 */
const MOST_PER_THREE = 264

/**
 * Expands LZF data: literal runs of up to 32 bytes, and references to up to 264 of the preceding
 * 8192 bytes.
 * @param length - the expected number of bytes
 * @throws BadPayload - if the result has another length
 */
export function decompress(packed: Uint8Array, length: number): Buffer {
  if (length > Math.ceil(packed.length / 3) * MOST_PER_THREE) throw new BadPayload('LZF claims more than it can hold')
  const expanded = Buffer.allocUnsafe(length)
  let from = 0
  let to = 0
  while (from < packed.length) {
    const control = packed[from++]!
    if (control < 32) {
      const run = control + 1
      if (from + run > packed.length || to + run > length) throw new BadPayload('LZF run is too long')
      expanded.set(packed.subarray(from, from + run), to)
      from += run
      to += run
      continue
    }
    let size = (control >> 5) + 2
    if (size === 9) size += packed[from++] ?? 0
    const distance = ((control & 31) << 8) + (packed[from++] ?? Infinity) + 1
    if (distance > to || to + size > length) throw new BadPayload('LZF reference leads out')
    // Source and target may overlap: then the bytes just written repeat.
    for (let i = 0; i < size; i++, to++) expanded[to] = expanded[to - distance]!
  }
  if (to !== length) throw new BadPayload('LZF holds less than it claims')
  return expanded
}
