/**
 * Integers in ascending order, as their canonical decimal text. Redis stores a small set of
 * integers like this, so its members come out sorted. They are never parsed: comparing sign, length
 * and digits of the text is exact over 64 bits.
 */
export class IntSet {
  #members: string[] = []

  get size(): number {
    return this.#members.length
  }

  /** The members in order; must not be modified. */
  get members(): readonly string[] {
    return this.#members
  }

  has(member: string): boolean {
    return this.#members[this.#place(member)] === member
  }

  /** True if the member is new. */
  add(member: string): boolean {
    const at = this.#place(member)
    if (this.#members[at] === member) return false
    if (at === this.#members.length) this.#members.push(member)
    else this.#members.splice(at, 0, member)
    return true
  }

  delete(member: string): boolean {
    const at = this.#place(member)
    if (this.#members[at] !== member) return false
    this.#members.splice(at, 1)
    return true
  }

  clone(): IntSet {
    const copy = new IntSet()
    copy.#members = this.#members.slice()
    return copy
  }

  /** The position of the first member that is not less than this one. */
  #place(member: string): number {
    let low = 0
    let high = this.#members.length
    // Members often arrive in order: then no search is needed.
    if (high > 0 && isLess(this.#members[high - 1]!, member)) return high
    while (low < high) {
      const middle = (low + high) >> 1
      if (isLess(this.#members[middle]!, member)) low = middle + 1
      else high = middle
    }
    return low
  }
}

const MINUS = 45

function isLess(a: string, b: string): boolean {
  const negative = a.charCodeAt(0) === MINUS
  if (negative !== (b.charCodeAt(0) === MINUS)) return negative
  if (a.length !== b.length) return a.length < b.length !== negative
  return a < b !== negative && a !== b
}
