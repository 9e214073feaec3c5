/**
 * Bits of a byte string, numbered from the most significant bit of its first byte. Bits beyond its
 * end are 0.
 */

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0
  for (let rest = byte; rest !== 0; rest >>= 1) ones += rest & 1
  return ones
})

/** The bit at a position. */
export function bitAt(text: string, position: number): number {
  const at = Math.floor(position / 8)
  return at >= text.length ? 0 : (text.charCodeAt(at) >> (7 - (position % 8))) & 1
}

/** The string with one bit set or cleared; it grows if necessary. */
export function withBit(text: string, position: number, bit: number): string {
  const at = Math.floor(position / 8)
  const grown = at < text.length ? text : text + '\0'.repeat(at + 1 - text.length)
  const mask = 1 << (7 - (position % 8))
  const old = grown.charCodeAt(at)
  const byte = bit === 1 ? old | mask : old & ~mask
  return grown.slice(0, at) + String.fromCharCode(byte) + grown.slice(at + 1)
}

/** How many bits are set between two positions, both included and within the string. */
export function countBits(text: string, first: number, last: number): number {
  const [start, end] = [Math.floor(first / 8), Math.floor(last / 8)]
  const head = 0xff >> (first % 8)
  const tail = (0xff << (7 - (last % 8))) & 0xff
  if (start === end) return ONES[text.charCodeAt(start) & head & tail]!
  let ones = ONES[text.charCodeAt(start) & head]! + ONES[text.charCodeAt(end) & tail]!
  for (let at = start + 1; at < end; at++) ones += ONES[text.charCodeAt(at)]!
  return ones
}

/**
 * The first position of a bit with this value between two positions, both included and within the
 * string; -1 if there is none.
 */
export function findBit(text: string, bit: number, first: number, last: number): number {
  const without = bit === 1 ? 0 : 0xff
  for (let position = first; position <= last; ) {
    if (position % 8 === 0 && text.charCodeAt(position / 8) === without) {
      position += 8
      continue
    }
    if (bitAt(text, position) === bit) return position
    position++
  }
  return -1
}
