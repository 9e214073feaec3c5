import type { StreamId } from './stream-id.ts'

/** The length of a key in bytes. */
const KEY_BYTES = 16

/**
 * The number of nodes of the radix tree in which Redis stores the blocks of a stream. XINFO reports
 * it. A node branches, ends a key, or contains a run of bytes that all keys below share.
 * @param keys - in ascending order
 */
export function radixNodes(keys: readonly StreamId[]): number {
  if (keys.length === 0) return 1
  let nodes = keys.length
  /** The depths of the branching nodes above the last key, from the root down. */
  const branches: number[] = []
  for (let i = 0; i < keys.length; i++) {
    // The next key leaves the path of this one at their first different byte.
    const shared = i + 1 < keys.length ? sharedBytes(keys[i]!, keys[i + 1]!) : -1
    let below = KEY_BYTES
    while (branches.length > 0 && branches.at(-1)! > shared) {
      const depth = branches.pop()!
      nodes += 1 + run(depth + 1, below)
      below = depth
    }
    if (shared === -1) nodes += run(0, below)
    else if (branches.at(-1) === shared) nodes += run(shared + 1, below)
    else {
      nodes += run(shared + 1, below)
      branches.push(shared)
    }
  }
  return nodes
}

/** A run between two depths is one node, unless it is empty. */
function run(from: number, to: number): number {
  return to > from ? 1 : 0
}

function sharedBytes(a: StreamId, b: StreamId): number {
  let bytes = KEY_BYTES
  for (let rest = a ^ b; rest !== 0n; rest >>= 8n) bytes--
  return bytes
}
