import { SkipList, type SkipNode } from './skip-list.ts'
import { Table } from './table.ts'
import type { Aggregate } from './value.ts'

/** The limits of a small sorted set, which Redis stores as a listpack. */
export interface SortedSetLimits {
  readonly entries: number
  readonly valueBytes: number
}

/** A member and its score. */
export type Scored = Pick<SkipNode, 'member' | 'score'>

/** A sorted set of Redis. */
export class SortedSet implements Aggregate {
  readonly type = 'zset'
  readonly #nodes = new Table<SkipNode>()
  readonly #order = new SkipList()
  #small = true

  get encoding(): string {
    return this.#small ? 'listpack' : 'skiplist'
  }

  get size(): number {
    return this.#order.length
  }

  score(member: string): number | undefined {
    return this.#nodes.get(member)?.score
  }

  /** Sets the score of a member, new or not. */
  set(member: string, score: number, limits: SortedSetLimits): void {
    const old = this.#nodes.get(member)
    if (this.#small && old === undefined && (this.size >= limits.entries || member.length > limits.valueBytes)) {
      this.grow()
    }
    if (old !== undefined) this.#order.remove(old)
    // A listpack stores integers as integers, which have no negative zero.
    this.#nodes.set(member, this.#order.insert(member, this.#small && score === 0 ? 0 : score))
  }

  delete(member: string): boolean {
    const node = this.#nodes.get(member)
    if (node === undefined) return false
    this.#nodes.delete(member)
    this.#order.remove(node)
    return true
  }

  /** How many members come before this one. */
  rank(member: string): number | undefined {
    const node = this.#nodes.get(member)
    return node === undefined ? undefined : this.#order.rank(node)
  }

  /** How many members at the beginning satisfy `holds`; no later member may satisfy it. */
  countWhile(holds: (node: Scored) => boolean): number {
    return this.#order.countWhile(holds)
  }

  /** The members from one rank up to, not including, another, in ascending or descending order. */
  *range(start: number, end: number, backwards = false): Generator<Scored> {
    let node = this.#order.at(backwards ? end - 1 : start)
    for (let left = end - start; left > 0 && node !== undefined; left--) {
      yield node
      node = backwards ? node.previous : node.next[0]
    }
  }

  /** All members in ascending order. */
  [Symbol.iterator](): Generator<Scored> {
    return this.range(0, this.size)
  }

  /** The member with the least or the greatest score; the set must not be empty. */
  end(greatest: boolean): Scored {
    return (greatest ? this.#order.last : this.#order.first)!
  }

  /** A random member; the set must not be empty. */
  random(): Scored {
    return this.#order.at(Math.floor(Math.random() * this.size))!
  }

  /**
   * Visits about `count` members, starting at a cursor; 0 begins. A small set is visited all at
   * once and in order.
   * @returns the next cursor; 0 when all members were visited
   */
  scan(cursor: number, count: number, visit: (node: Scored) => void): number {
    if (!this.#small) return this.#nodes.scan(cursor, count, (_, node) => visit(node))
    for (const node of this) visit(node)
    return 0
  }

  clone(): SortedSet {
    const copy = new SortedSet()
    if (!this.#small) copy.grow()
    for (const { member, score } of this) copy.#nodes.set(member, copy.#order.insert(member, score))
    return copy
  }

  /** Makes the set a large one; it stays large, however few members are left. */
  grow(): void {
    this.#small = false
    this.#nodes.index()
  }

  /** Creates a set from members with scores; it is small if they fit. */
  static of(scores: Iterable<readonly [member: string, score: number]>, limits: SortedSetLimits): SortedSet {
    const made = new SortedSet()
    const all = [...scores]
    if (all.length > limits.entries || all.some(([member]) => member.length > limits.valueBytes)) made.grow()
    for (const [member, score] of all) made.set(member, score, UNLIMITED)
    return made
  }
}

const UNLIMITED: SortedSetLimits = { entries: Infinity, valueBytes: Infinity }
