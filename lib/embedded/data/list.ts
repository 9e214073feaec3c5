import { Deque } from './deque.ts'
import type { Aggregate } from './value.ts'

/** An end of a list. */
export type Side = 'left' | 'right'

/** A list of Redis. */
export class List extends Deque<string> implements Aggregate {
  readonly type = 'list'
  readonly encoding = 'quicklist'

  add(side: Side, value: string): void {
    if (side === 'left') this.unshift(value)
    else this.push(value)
  }

  /** Removes and returns the element at an end; the list must not be empty. */
  take(side: Side): string {
    return (side === 'left' ? this.shift() : this.pop()) as string
  }

  /** The position of the first element equal to this, or -1. */
  indexOf(value: string): number {
    for (let i = 0; i < this.length; i++) if (this.at(i) === value) return i
    return -1
  }

  /**
   * Removes elements equal to `value`: the first `count`, the last `-count`, or all for 0.
   * @returns how many elements were removed
   */
  removeEqual(value: string, count: number): number {
    const before = this.length
    let left = count === 0 ? before : Math.abs(count)
    if (count < 0) {
      // Only the last few may be removed, so the matches before them are skipped.
      let equal = 0
      for (let i = 0; i < before; i++) if (this.at(i) === value) equal++
      let stay = Math.max(0, equal - left)
      this.filter((element) => element !== value || stay-- > 0)
    } else this.filter((element) => element !== value || left-- <= 0)
    return before - this.length
  }

  clone(): List {
    const copy = new List()
    for (let i = 0; i < this.length; i++) copy.push(this.at(i))
    return copy
  }
}
