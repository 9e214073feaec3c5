const MAX_LEVEL = 32
/** How much more probable it is that a node has one level than the next. */
const RISE = 0.25

/** A member with its score and its links. */
export class SkipNode {
  readonly member: string
  readonly score: number
  /** The next node on each of its levels. */
  readonly next: (SkipNode | undefined)[]
  /** How many places ahead that node is. */
  readonly span: number[]
  previous: SkipNode | undefined

  constructor(member: string, score: number, level: number) {
    this.member = member
    this.score = score
    this.next = new Array<SkipNode | undefined>(level).fill(undefined)
    this.span = new Array<number>(level).fill(0)
  }
}

/**
 * Members sorted by score, and by the members' bytes where scores are equal. Each link stores how
 * many nodes it skips, so finding a place by rank, or the rank of a place, takes log n, as
 * insertion does.
 */
export class SkipList {
  readonly #head = new SkipNode('', Number.NaN, MAX_LEVEL)
  #last: SkipNode | undefined
  #level = 1
  #length = 0

  get length(): number {
    return this.#length
  }

  /** The node with the least score. */
  get first(): SkipNode | undefined {
    return this.#head.next[0]
  }

  /** The node with the greatest score. */
  get last(): SkipNode | undefined {
    return this.#last
  }

  /** Inserts a member that is not in the list. */
  insert(member: string, score: number): SkipNode {
    const level = randomLevel()
    const { path, ranks } = this.#pathTo(score, member)
    for (; this.#level < level; this.#level++) {
      path[this.#level] = this.#head
      ranks[this.#level] = 0
      this.#head.span[this.#level] = this.#length
    }
    const node = new SkipNode(member, score, level)
    const rank = ranks[0]!
    for (let i = 0; i < this.#level; i++) {
      const before = path[i]!
      if (i >= level) {
        before.span[i]!++
        continue
      }
      node.next[i] = before.next[i]
      before.next[i] = node
      node.span[i] = before.span[i]! - (rank - ranks[i]!)
      before.span[i] = rank - ranks[i]! + 1
    }
    node.previous = path[0] === this.#head ? undefined : path[0]
    const after = node.next[0]
    if (after === undefined) this.#last = node
    else after.previous = node
    this.#length++
    return node
  }

  /** Removes a node of this list. */
  remove(node: SkipNode): void {
    const { path } = this.#pathTo(node.score, node.member)
    for (let i = 0; i < this.#level; i++) {
      const before = path[i]!
      if (before.next[i] === node) {
        before.span[i]! += node.span[i]! - 1
        before.next[i] = node.next[i]
      } else before.span[i]!--
    }
    const after = node.next[0]
    if (after === undefined) this.#last = node.previous
    else after.previous = node.previous
    while (this.#level > 1 && this.#head.next[this.#level - 1] === undefined) this.#level--
    this.#length--
  }

  /** How many nodes come before this one. */
  rank(node: SkipNode): number {
    return this.#pathTo(node.score, node.member).ranks[0]!
  }

  /** How many nodes at the beginning satisfy `holds`; no later node may satisfy it. */
  countWhile(holds: (node: SkipNode) => boolean): number {
    let at = this.#head
    let rank = 0
    for (let i = this.#level - 1; i >= 0; i--) {
      for (let next = at.next[i]; next !== undefined && holds(next); next = at.next[i]) {
        rank += at.span[i]!
        at = next
      }
    }
    return rank
  }

  /** The node at a place from 0; `undefined` outside the list. */
  at(index: number): SkipNode | undefined {
    if (index < 0 || index >= this.#length) return undefined
    let at = this.#head
    let left = index + 1
    for (let i = this.#level - 1; left > 0; i--) {
      for (let span = at.span[i]!; span <= left && at.next[i] !== undefined; span = at.span[i]!) {
        left -= span
        at = at.next[i]!
      }
    }
    return at
  }

  /** The last node before a place on each level, and how many nodes there are up to it. */
  #pathTo(score: number, member: string): { path: SkipNode[]; ranks: number[] } {
    const path: SkipNode[] = []
    const ranks: number[] = []
    let at = this.#head
    let rank = 0
    for (let i = this.#level - 1; i >= 0; i--) {
      for (let next = at.next[i]; next !== undefined && isBefore(next, score, member); next = at.next[i]) {
        rank += at.span[i]!
        at = next
      }
      path[i] = at
      ranks[i] = rank
    }
    return { path, ranks }
  }
}

function isBefore(node: SkipNode, score: number, member: string): boolean {
  return node.score < score || (node.score === score && node.member < member)
}

function randomLevel(): number {
  let level = 1
  while (level < MAX_LEVEL && Math.random() < RISE) level++
  return level
}
