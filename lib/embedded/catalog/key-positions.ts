import type { KeySpec } from './key-spec.ts'

/**
 * The positions of the keys in the arguments of a call; `undefined` if the arguments do not match.
 */
export function keyPositions(specs: readonly KeySpec[], argv: readonly string[]): number[] | undefined {
  const positions: number[] = []
  for (const { begin, find } of specs) {
    const first = 'index' in begin ? begin.index : 'keyword' in begin ? afterKeyword(begin, argv) : undefined
    if (first === undefined || 'unknown' in find) continue
    let last: number
    let start = first
    if ('keyNumIndex' in find) {
      const count = Number(argv[first + find.keyNumIndex])
      if (!Number.isInteger(count) || count < 0) return undefined
      start = first + find.firstKey
      last = start + (count - 1) * find.step
    } else if (find.last >= 0) last = first + find.last
    else if (find.limit <= 1) last = argv.length + find.last
    else last = first + Math.floor((argv.length - first) / find.limit) + find.last
    if (last >= argv.length || start >= argv.length) return undefined
    for (let i = start; i <= last; i += find.step) positions.push(i)
  }
  return positions
}

function afterKeyword(
  { keyword, startFrom }: { readonly keyword: string; readonly startFrom: number },
  argv: readonly string[],
): number | undefined {
  const step = startFrom >= 0 ? 1 : -1
  for (let i = startFrom >= 0 ? startFrom : argv.length + startFrom; i > 0 && i < argv.length; i += step) {
    if (argv[i]!.toUpperCase() === keyword) return i + 1
  }
  return undefined
}
