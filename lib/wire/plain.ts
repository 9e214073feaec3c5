/**
 * Whether plain JSON carries a value exactly. This runs on every call: it costs a fraction of `JSON.stringify`, and
 * answers no where it is not sure; the full walk then decides.
 */

/**
 * Whether `JSON.parse(JSON.stringify(value))` would equal `value` in all its types, keys and references.
 *
 * @param maxDepth - deeper nesting answers no.
 */
export function isPlain(value: unknown, maxDepth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return isPlainNumber(value)
    case 'object':
      return value === null || isPlainContainer(value, maxDepth, new Seen())
    default:
      return false
  }
}

/** Finite, and not −0, which JSON writes as 0. */
function isPlainNumber(value: number): boolean {
  return value - value === 0 && (value !== 0 || 1 / value > 0)
}

function isPlainContainer(container: object, depth: number, seen: Seen): boolean {
  if (depth === 0 || seen.has(container)) return false
  if (Array.isArray(container)) {
    if (Object.getPrototypeOf(container) !== Array.prototype) return false
    const { length } = container
    for (let i = 0; i < length; i++) {
      const value: unknown = container[i]
      const type = typeof value
      if (type === 'string' || type === 'boolean') continue
      if (type === 'number' ? !isPlainNumber(value as number) : type !== 'object') return false
      if (type === 'object' && value !== null && !isPlainContainer(value as object, depth - 1, seen)) return false
    }
    // Own properties beside the elements, such as a RegExp match has. (A hole has answered no already.)
    return Object.keys(container).length === length && Object.getOwnPropertySymbols(container).length === 0
  }
  if (Object.getPrototypeOf(container) !== Object.prototype) return false
  for (const key in container) {
    if (key === '__proto__') return false
    const value: unknown = (container as Record<string, unknown>)[key]
    const type = typeof value
    if (type === 'string' || type === 'boolean') continue
    if (type === 'number' ? !isPlainNumber(value as number) : type !== 'object') return false
    if (type === 'object' && value !== null && !isPlainContainer(value as object, depth - 1, seen)) return false
  }
  return Object.getOwnPropertySymbols(container).length === 0
}

/** Containers met in this value. A list is faster than a Set while it is short. */
class Seen {
  private readonly list: object[] = []
  private set: Set<object> | undefined

  has(container: object): boolean {
    if (this.set !== undefined) {
      if (this.set.has(container)) return true
      this.set.add(container)
      return false
    }
    if (this.list.includes(container)) return true
    if (this.list.push(container) === 64) this.set = new Set(this.list)
    return false
  }
}
