/**
 * Checks whether plain JSON represents a value exactly. This runs for every call and must be cheap
 * compared with `JSON.stringify`, so it returns false whenever it is unsure; the full walk then
 * decides.
 */

/**
 * Whether `JSON.parse(JSON.stringify(value))` would equal `value` in all its types, keys and
 * references.
 * @param maxDepth - deeper nesting returns false.
 */
export function isPlain(value: unknown, maxDepth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return isPlainNumber(value)
    case 'object':
      return value === null || isPlainObject(value, maxDepth)
    default:
      return false
  }
}

/** The same for the values of an array that this library created, which needs no check itself. */
export function arePlain(values: readonly unknown[], maxDepth: number): boolean {
  if (values.length === 0) return true
  if (values.length === 1) return isPlain(values[0], maxDepth - 1)
  const seen = new Seen()
  return haveOnlyPlain(values, maxDepth - 1, seen) && seen.isDistinct()
}

function isPlainObject(value: object, maxDepth: number): boolean {
  const seen = new Seen()
  return isPlainContainer(value, maxDepth, seen) && seen.isDistinct()
}

/** Whether a number is finite and not −0, which JSON writes as 0. */
function isPlainNumber(value: number): boolean {
  return value - value === 0 && (value !== 0 || 1 / value > 0)
}

function isPlainContainer(container: object, depth: number, seen: Seen): boolean {
  if (depth === 0 || !seen.add(container)) return false
  const prototype: unknown = Object.getPrototypeOf(container)
  if (Array.isArray(container)) {
    return prototype === Array.prototype && isPlainArray(container, depth - 1, seen)
  }
  if (prototype !== Object.prototype) return false
  for (const key in container) {
    if (key === '__proto__') return false
    const value: unknown = (container as Record<string, unknown>)[key]
    switch (typeof value) {
      case 'string':
      case 'boolean':
        break
      case 'number':
        if (!isPlainNumber(value)) return false
        break
      case 'object':
        if (value !== null && !isPlainContainer(value, depth - 1, seen)) return false
        break
      default:
        return false
    }
  }
  return Object.getOwnPropertySymbols(container).length === 0
}

function isPlainArray(array: readonly unknown[], depth: number, seen: Seen): boolean {
  if (!haveOnlyPlain(array, depth, seen)) return false
  // More values than elements: properties such as the match of a RegExp has. Faster than to count the keys.
  return Object.values(array).length === array.length && Object.getOwnPropertySymbols(array).length === 0
}

function haveOnlyPlain(array: readonly unknown[], depth: number, seen: Seen): boolean {
  const { length } = array
  for (let i = 0; i < length; i++) {
    const value = array[i]
    switch (typeof value) {
      case 'string':
      case 'boolean':
        break
      case 'number':
        if (!isPlainNumber(value)) return false
        break
      case 'object':
        if (value !== null && !isPlainContainer(value, depth, seen)) return false
        break
      default:
        return false // a hole too
    }
  }
  return true
}

/** Fewer containers than this are compared with each other; more go into a Set. */
const FEW = 8
/** Detects cycles early enough, but rarely needs a Set. */
const FIRST_LOOK = 64
const NEXT_LOOK = 8

/** The containers found in one value. JSON cannot express that two are the same. */
class Seen {
  private readonly list: object[] = []
  private look = FIRST_LOOK

  /** Adds a container; returns false if one was certainly added twice. */
  add(container: object): boolean {
    if (this.list.push(container) < this.look) return true
    this.look *= NEXT_LOOK
    return this.isDistinct()
  }

  /** Whether each was added once. */
  isDistinct(): boolean {
    const { list } = this
    if (list.length > FEW) return new Set(list).size === list.length
    for (let i = 1; i < list.length; i++) {
      for (let j = 0; j < i; j++) if (list[i] === list[j]) return false
    }
    return true
  }
}
