/**
 * Converts values that plain JSON cannot represent to superjson's `{ json, meta }`; refuses what
 * cannot be sent.
 *
 * superjson turns each value without parts into JSON and defines the notation (see `leaf.ts`). The
 * walk over the parts is ours, because superjson's own (2.2.6) cannot be relied on here: by default
 * it loses identities (`{ z: y, a: { b: x }, c: x }` with `x = { y }` arrives with `c.y !== z`) and
 * writes a value out as often as it is met, exponentially often where sharing nests; it copies the
 * whole path for each value, drops symbol keys, functions and holes without a word, and refuses the
 * keys `constructor` and `prototype`. Here one walk checks and writes, in time linear in what it
 * writes.
 */
import type { Loan } from './handle.ts'
import { type RichOptions, Walk } from './walk.ts'

export type { RichOptions }

/** JSON text of a value, and of superjson's `meta` for types that JSON does not have. */
export interface RichText {
  readonly json: string
  readonly meta: string
  /** What was lent with it; undefined: nothing. */
  readonly loans?: readonly Loan[]
}

/**
 * Encodes any value; the text alone, when plain JSON carries it after all.
 * @param root - what the value is called in error paths.
 * @throws SerializationError with the path of the part that cannot be sent
 * @throws MessageTooLargeError when it nests too deep or surely takes too many bytes
 */
export function encodeRich(value: unknown, root: string, options: RichOptions): string | RichText {
  const walk = new Walk(root, options)
  const loans = options.lending?.loans
  try {
    const json = JSON.stringify(walk.encode(value, undefined, ''))
    const meta = walk.annotations.text()
    if (meta === undefined) return json
    return loans === undefined || loans.length === 0 ? { json, meta } : { json, meta, loans }
  } catch (error) {
    // It is not sent, so nobody borrows.
    if (loans !== undefined) for (const loan of loans) loan.cancel()
    throw error
  }
}
