/** A member of a {@link LinkedSet}; it is in at most one set. */
export interface Linked<T> {
  before: T | undefined
  after: T | undefined
}

/**
 * A set whose members point to each other, in insertion order. It is for members that come and go
 * by the thousand: a `Set` allocates a new table every few hundred changes, and old tables keep
 * former members alive during minor garbage collections. That cost three times as much as the calls
 * themselves.
 */
export class LinkedSet<T extends Linked<T>> implements Iterable<T> {
  #first: T | undefined
  #last: T | undefined

  /** Adds a member that is in no set. */
  add(member: T): void {
    const last = this.#last
    member.before = last
    if (last === undefined) this.#first = member
    else last.after = member
    this.#last = member
  }

  /** Removes a member of this set. */
  delete(member: T): void {
    const { before, after } = member
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    member.before = undefined
    member.after = undefined
  }

  /** During the iteration only the member yielded last may be removed. */
  *[Symbol.iterator](): Iterator<T> {
    for (let member = this.#first; member !== undefined; ) {
      const { after } = member
      yield member
      member = after
    }
  }
}
