import { ProtocolError } from '../../errors.ts'

/** How many loans one message returns. */
const MOST_RETURNS = 1_000

/** What one message says of loans, by their numbers. */
export interface Returns {
  /** Those that are over. */
  readonly returned: readonly number[]
  /** Those whose things the borrower still has. */
  readonly kept: readonly number[]
}

/** The arguments of `rpc.release` that give loans back. @param own the borrower's list */
export function* returnsArgs(own: string, { returned, kept }: Returns): Iterable<readonly unknown[]> {
  // Kept ones first: otherwise the owner might consider the thing unused.
  for (let i = 0; i < Math.max(returned.length, kept.length); i += MOST_RETURNS) {
    const held = kept.slice(i, i + MOST_RETURNS)
    yield [own, returned.slice(i, i + MOST_RETURNS), ...(held.length > 0 ? [held] : [])]
  }
}

/** Reads them, without the list. @throws ProtocolError */
export function readReturns([returned, kept]: readonly unknown[]): Returns {
  return { kept: kept === undefined ? [] : numbersIn(kept), returned: numbersIn(returned) }
}

function numbersIn(value: unknown): readonly number[] {
  if (Array.isArray(value) && value.length <= MOST_RETURNS && value.every(Number.isSafeInteger))
    return value as number[]
  throw new ProtocolError('the loans are not an array of whole numbers')
}
