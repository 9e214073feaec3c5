import { HEADER_BYTES, REGISTERS } from './layout.ts'

/*
 * The sparse form, runs of registers that have the same rank:
 *
 * | bits | |
 * | --- | --- |
 * | `00llllll` | `l + 1` registers of 0 |
 * | `01llllll llllllll` | the same, for longer runs |
 * | `1rrrrrll` | `l + 1` registers of rank `r + 1` |
 */
const LONGEST_SHORT_ZERO = 64
const LONGEST_VALUE = 4
/** The highest rank that this form can store. */
export const HIGHEST_SPARSE_RANK = 32

/** Consecutive registers of the same rank. */
export interface Run {
  /** The position and the size in bytes. */
  readonly at: number
  readonly bytes: number
  readonly first: number
  readonly length: number
  readonly rank: number
}

/** The runs of a sparse form. The caller must check that they add up to the number of registers. */
export function* runsOf(bytes: Uint8Array): Generator<Run> {
  let first = 0
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const run = runAt(bytes, at, first)
    yield run
    first += run.length
    at += run.bytes
  }
}

function runAt(bytes: Uint8Array, at: number, first: number): Run {
  const byte = bytes[at]!
  if (byte >= 0x80) return { at, bytes: 1, first, length: (byte & 3) + 1, rank: ((byte >> 2) & 31) + 1 }
  if (byte < 0x40) return { at, bytes: 1, first, length: byte + 1, rank: 0 }
  return { at, bytes: 2, first, length: (((byte & 63) << 8) | (bytes[at + 1] ?? 0)) + 1, rank: 0 }
}

/** A sparse form in which all registers are 0. */
export function emptyRuns(): readonly number[] {
  return encodeRun(0, REGISTERS)
}

function encodeRun(rank: number, length: number): readonly number[] {
  if (length === 0) return []
  if (rank > 0) return [0x80 | ((rank - 1) << 2) | (length - 1)]
  return length > LONGEST_SHORT_ZERO ? [0x40 | ((length - 1) >> 8), (length - 1) & 0xff] : [length - 1]
}

/**
 * The result of raising a register: the new bytes; `same` if it was as high already, `full` if
 * there were too many bytes.
 */
export type Raised = Buffer | 'same' | 'full' | 'corrupt'

/**
 * Raises a register of the sparse form.
 * @param mostBytes - the size limit of the sparse form
 */
export function raiseSparse(bytes: Buffer, register: number, rank: number, mostBytes: number): Raised {
  let previous: Run | undefined
  let found: Run | undefined
  for (const run of runsOf(bytes)) {
    if (register < run.first + run.length) {
      found = run
      break
    }
    previous = run
  }
  if (found === undefined) return 'corrupt'
  if (found.rank >= rank) return 'same'
  const before = encodeRun(found.rank, register - found.first)
  const after = encodeRun(found.rank, found.first + found.length - 1 - register)
  const replacement = [...before, ...encodeRun(rank, 1), ...after]
  const growth = replacement.length - found.bytes
  if (growth > 0 && bytes.length + growth > mostBytes) return 'full'
  const end = found.at + found.bytes
  const changed = Buffer.concat([bytes.subarray(0, found.at), Buffer.from(replacement), bytes.subarray(end)])
  return joinRuns(changed, previous?.at ?? HEADER_BYTES)
}

/** How many runs are checked after a change, beginning with the one before it. */
const LOOKED_AT = 5

/**
 * Joins neighbouring runs of the same rank. How many runs it checks determines the resulting bytes,
 * so it checks as many as Redis.
 */
function joinRuns(bytes: Buffer, from: number): Buffer {
  let end = bytes.length
  let at = from
  for (let left = LOOKED_AT; left > 0 && at < end; left--) {
    const run = runAt(bytes, at, 0)
    const next = at + 1 < end ? runAt(bytes, at + 1, 0) : undefined
    const length = run.length + (next?.length ?? 0)
    if (run.rank > 0 && next?.rank === run.rank && length <= LONGEST_VALUE) {
      bytes[at + 1] = encodeRun(run.rank, length)[0]!
      bytes.copyWithin(at, at + 1, end--)
    } else at += run.bytes
  }
  return bytes.subarray(0, end)
}
