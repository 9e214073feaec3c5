import { parseInt64 } from '../text/numbers.ts'
import { IntSet } from './int-set.ts'
import { Table } from './table.ts'
import type { Aggregate } from './value.ts'

/** Longest text of a 64 bit integer. */
const LONGEST_INTEGER = 20

/**
 * A set of Redis. While it contains only integers, and no more than a limit of them, they are
 * stored in order. As in Redis, it stays a table once it has become one.
 */
export class RedisSet implements Aggregate {
  readonly type = 'set'
  #integers: IntSet | undefined = new IntSet()
  #table = new Table<true>()

  get encoding(): string {
    return this.#integers === undefined ? 'hashtable' : 'intset'
  }

  get size(): number {
    return this.#integers === undefined ? this.#table.size : this.#integers.size
  }

  has(member: string): boolean {
    return this.#integers === undefined ? this.#table.has(member) : this.#integers.has(member)
  }

  /**
   * True if the member is new.
   * @param maxIntegers - how many integers are stored in order at most
   */
  add(member: string, maxIntegers: number): boolean {
    if (this.#integers !== undefined) {
      if (member.length <= LONGEST_INTEGER && parseInt64(member) !== undefined) {
        const isNew = this.#integers.add(member)
        if (isNew && this.#integers.size > maxIntegers) this.#grow()
        return isNew
      }
      this.#grow()
    }
    return this.#table.set(member, true)
  }

  delete(member: string): boolean {
    return this.#integers === undefined ? this.#table.delete(member) : this.#integers.delete(member)
  }

  /** The members: integers in ascending order, others in order of insertion. */
  members(): Iterable<string> {
    return this.#integers === undefined ? this.#table.keys() : this.#integers.members
  }

  /** A random member; the set must not be empty. */
  random(): string {
    if (this.#integers === undefined) return this.#table.random()[0]
    return this.#integers.members[Math.floor(Math.random() * this.size)]!
  }

  /**
   * Visits about `count` members, starting at a cursor; 0 begins.
   * @returns the next cursor; 0 when all members were visited
   */
  scan(cursor: number, count: number, visit: (member: string) => void): number {
    if (this.#integers === undefined) return this.#table.scan(cursor, count, visit)
    for (const member of this.#integers.members) visit(member)
    return 0
  }

  clone(): RedisSet {
    const copy = new RedisSet()
    copy.#integers = this.#integers?.clone()
    if (this.#integers !== undefined) return copy
    copy.#table.index()
    for (const member of this.#table.keys()) copy.#table.set(member, true)
    return copy
  }

  #grow(): void {
    this.#table.index()
    for (const member of this.#integers!.members) this.#table.set(member, true)
    this.#integers = undefined
  }
}
