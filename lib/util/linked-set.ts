/** A member of a {@link LinkedSet}; it is in one set at most. */
export interface Linked<T> {
  before: T | undefined
  after: T | undefined
}

/**
 * A set whose members point to each other, in the order in which they came. For members that come and go by the thousand: a `Set` makes a
 * new table every few hundred changes, and tables that have grown old keep their former members from the garbage collector's quick
 * rounds. That cost three times as much as the calls it was about.
 */
export class LinkedSet<T extends Linked<T>> implements Iterable<T> {
  #first: T | undefined
  #last: T | undefined

  /** Adds what is in no set. */
  add(member: T): void {
    const last = this.#last
    member.before = last
    if (last === undefined) this.#first = member
    else last.after = member
    this.#last = member
  }

  /** Removes what is in this set. */
  delete(member: T): void {
    const { before, after } = member
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    member.before = undefined
    member.after = undefined
  }

  /** What is removed meanwhile must be the member that was given last. */
  *[Symbol.iterator](): Iterator<T> {
    for (let member = this.#first; member !== undefined; ) {
      const { after } = member
      yield member
      member = after
    }
  }
}
