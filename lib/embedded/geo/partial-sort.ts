type Compare<T> = (a: T, b: T) => number

/** Fewer elements than this are sorted by insertion. */
const FEW = 7
/** Arrays with more elements than this get their pivot from nine samples. */
const MANY = 40

/**
 * Sorts the first elements of an array; the rest has no particular order. The algorithm decides
 * which of equal elements come first, so it is the same as in Redis: the quicksort of Bentley and
 * McIlroy, which skips parts that contain none of the requested places.
 * @param count - how many elements to sort
 */
export function sortFirst<T>(items: T[], count: number, compare: Compare<T>): void {
  const parts: [start: number, end: number][] = [[0, items.length]]
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const [start, end] = part
    if (end - start < FEW) {
      insertionSort(items, start, end, compare)
      continue
    }
    const [less, greater] = partition(items, start, end, compare)
    if (less > 1 && start < count) parts.push([start, start + less])
    if (greater > 1 && end - greater < count) parts.push([end - greater, end])
  }
}

/**
 * Moves elements less than the pivot before those equal to it, and greater ones after them.
 * @returns how many elements are less, and how many are greater
 */
function partition<T>(items: T[], start: number, end: number, compare: Compare<T>): [less: number, greater: number] {
  swap(items, start, choose(items, start, end, compare))
  const chosen = items[start]!
  // Equal elements collect at both ends meanwhile.
  let [equalLeft, left, right, equalRight] = [start + 1, start + 1, end - 1, end - 1]
  for (;;) {
    for (let order = 0; left <= right; left++) {
      order = compare(items[left]!, chosen)
      if (order > 0) break
      if (order === 0) swap(items, equalLeft++, left)
    }
    for (let order = 0; left <= right; right--) {
      order = compare(items[right]!, chosen)
      if (order < 0) break
      if (order === 0) swap(items, right, equalRight--)
    }
    if (left > right) break
    swap(items, left++, right--)
  }
  const less = left - equalLeft
  const greater = equalRight - right
  swapRuns(items, start, left, Math.min(equalLeft - start, less))
  swapRuns(items, left, end, Math.min(greater, end - 1 - equalRight))
  return [less, greater]
}

/** Swaps a number of elements starting at `start` with as many up to `end`. */
function swapRuns<T>(items: T[], start: number, end: number, count: number): void {
  for (let i = 0; i < count; i++) swap(items, start + i, end - count + i)
}

function swap<T>(items: T[], a: number, b: number): void {
  const item = items[a]!
  items[a] = items[b]!
  items[b] = item
}

/** The position of an element that is probably near the median. */
function choose<T>(items: readonly T[], start: number, end: number, compare: Compare<T>): number {
  const count = end - start
  const median = (a: number, b: number, c: number): number => medianOf(items, a, b, c, compare)
  const middle = start + Math.floor(count / 2)
  const last = end - 1
  if (count === FEW) return middle
  if (count <= MANY) return median(start, middle, last)
  const step = Math.floor(count / 8)
  return median(
    median(start, start + step, start + 2 * step),
    median(middle - step, middle, middle + step),
    median(last - 2 * step, last - step, last),
  )
}

function medianOf<T>(items: readonly T[], a: number, b: number, c: number, compare: Compare<T>): number {
  const order = (i: number, j: number): number => compare(items[i]!, items[j]!)
  if (order(a, b) < 0) return order(b, c) < 0 ? b : order(a, c) < 0 ? c : a
  return order(b, c) > 0 ? b : order(a, c) < 0 ? a : c
}

function insertionSort<T>(items: T[], start: number, end: number, compare: Compare<T>): void {
  for (let i = start + 1; i < end; i++) {
    for (let at = i; at > start && compare(items[at - 1]!, items[at]!) > 0; at--) swap(items, at - 1, at)
  }
}
