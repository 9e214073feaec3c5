/**
 * Breadth-first search over all states that can be reached. States are kept packed, in one growing array, and found
 * by an open-addressing table of their numbers.
 */
import { pack, swapServers, unpack, WORDS } from './packing.ts'
import { SLOTS, type State } from './state.ts'

/** Called for each step that can be taken: what happens, and the state after it. The state may be reused. */
export type Emit = (text: string, next: State, isFault: boolean) => void

export interface Model {
  readonly initial: readonly State[]
  /** Emits each step. @throws {Violation} if one of them breaks an invariant */
  steps(state: State, emit: Emit): void
}

/** An invariant does not hold after a step. */
export class Violation extends Error {}

export interface Exploration {
  readonly states: number
  readonly steps: number
  /** The shortest way to a state that breaks an invariant; undefined if there is none. */
  readonly counterexample: readonly string[] | undefined
  /** Calls whose end is out of reach without a further fault, as a trace; only where it was asked for. */
  readonly stuck: readonly string[] | undefined
  /** False when the limit of states was reached. */
  readonly isComplete: boolean
}

export interface ExploreOptions {
  readonly maxStates?: number
  /** Whether the states from which no step but a fault leads to this goal are looked for. */
  readonly goal?: (state: State) => boolean
}

export function explore(
  model: Model,
  { maxStates = Number.POSITIVE_INFINITY, goal }: ExploreOptions = {},
): Exploration {
  const found = new StateSet()
  const state = new Uint8Array(SLOTS)
  const successors = goal === undefined ? undefined : new NumberList()
  const firstSuccessor = new NumberList()
  let steps = 0
  let current = -1
  const visit: Emit = (_text, next, isFault) => {
    steps += 1
    const index = found.add(next, current)
    if (!isFault) successors?.push(index)
  }
  for (const initial of model.initial) found.add(initial, -1)
  for (current = 0; current < found.size; current += 1) {
    if (found.size > maxStates) {
      return { states: found.size, steps, counterexample: undefined, stuck: undefined, isComplete: false }
    }
    found.read(current, state)
    if (successors !== undefined) firstSuccessor.push(successors.length)
    try {
      model.steps(state, visit)
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      return {
        states: found.size,
        steps,
        counterexample: trace(model, found, current),
        stuck: undefined,
        isComplete: true,
      }
    }
  }
  const stuck = goal && successors && findStuck(found, successors, firstSuccessor, goal)
  return {
    states: found.size,
    steps,
    counterexample: undefined,
    stuck: stuck === undefined ? undefined : trace(model, found, stuck),
    isComplete: true,
  }
}

/**
 * A state from which the goal cannot be reached without a fault. If there is none, every fair run without further
 * faults reaches the goal: a fair run of a finite graph ends in a set of states that it visits all again and again,
 * and one that the goal can be reached from is left.
 */
function findStuck(
  found: StateSet,
  successors: NumberList,
  firstSuccessor: NumberList,
  goal: (state: State) => boolean,
): number | undefined {
  const reaches = new Uint8Array(found.size)
  const state = new Uint8Array(SLOTS)
  for (let i = 0; i < found.size; i += 1) {
    found.read(i, state)
    if (goal(state)) reaches[i] = 1
  }
  // Most steps lead to states found later, so few sweeps from the end are enough.
  for (let changed = true; changed; ) {
    changed = false
    for (let i = found.size - 1; i >= 0; i -= 1) {
      if (reaches[i] === 1) continue
      const end = i + 1 < found.size ? firstSuccessor.at(i + 1) : successors.length
      for (let at = firstSuccessor.at(i); at < end; at += 1) {
        if (reaches[successors.at(at)] === 1) {
          reaches[i] = 1
          changed = true
          break
        }
      }
    }
  }
  const first = reaches.indexOf(0)
  return first === -1 ? undefined : first
}

/** The steps that led to a state, found again by taking them, and what is wrong with the last one's next step. */
function trace(model: Model, found: StateSet, index: number): string[] {
  const path: number[] = []
  for (let i = index; i !== -1; i = found.parent(i)) path.unshift(i)
  const texts: string[] = []
  // The steps are taken from real states rather than from packed ones, where the calls may have changed places.
  let state = new Uint8Array(SLOTS)
  found.read(path[0]!, state)
  for (const target of path.slice(1)) {
    let following: State | undefined
    model.steps(state, (text, next, isFault) => {
      if (following !== undefined) return
      const copy = next.slice()
      // Servers that are alike in all that orders them may have been packed either way.
      if (found.indexOf(next) !== target && found.indexOf(swapServers(next)) !== target) return
      following = copy
      texts.push(isFault ? `FAULT ${text}` : text)
    })
    if (following === undefined) throw new Error('a step was not found again')
    state = following as Uint8Array<ArrayBuffer>
  }
  try {
    model.steps(state, () => {})
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    texts.push(error.message)
  }
  return texts
}

/** Numbers in one growing typed array. */
class NumberList {
  length = 0
  #items = new Uint32Array(1 << 16)

  push(item: number): void {
    if (this.length === this.#items.length) this.#items = grown(this.#items)
    this.#items[this.length] = item
    this.length += 1
  }

  at(index: number): number {
    return this.#items[index]!
  }
}

class StateSet {
  size = 0
  #words = new Uint32Array(WORDS << 12)
  #parents = new Int32Array(1 << 12)
  /** Number of the state + 1, by hash. */
  #slots = new Uint32Array(1 << 14)
  readonly #key = new Uint32Array(WORDS)

  /** The number of the state, which is new if it is the last. */
  add(state: State, parent: number): number {
    pack(state, this.#key)
    const slot = this.#slotOf(this.#key)
    const known = this.#slots[slot]!
    if (known !== 0) return known - 1
    if ((this.size + 1) * WORDS > this.#words.length) this.#words = grown(this.#words)
    if (this.size === this.#parents.length) this.#parents = grown(this.#parents)
    this.#words.set(this.#key, this.size * WORDS)
    this.#parents[this.size] = parent
    this.size += 1
    this.#slots[slot] = this.size
    if (this.size * 2 > this.#slots.length) this.#rehash()
    return this.size - 1
  }

  indexOf(state: State): number {
    pack(state, this.#key)
    return this.#slots[this.#slotOf(this.#key)]! - 1
  }

  read(index: number, into: State): void {
    unpack(this.#words, index * WORDS, into)
  }

  parent(index: number): number {
    return this.#parents[index]!
  }

  #slotOf(key: Uint32Array): number {
    const mask = this.#slots.length - 1
    let slot = hash(key, 0) & mask
    for (;;) {
      const known = this.#slots[slot]!
      if (known === 0 || this.#equals(known - 1, key)) return slot
      slot = (slot + 1) & mask
    }
  }

  #equals(index: number, key: Uint32Array): boolean {
    const offset = index * WORDS
    for (let i = 0; i < WORDS; i += 1) if (this.#words[offset + i] !== key[i]) return false
    return true
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let i = 0; i < this.size; i += 1) {
      let slot = hash(this.#words, i * WORDS) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = i + 1
    }
    this.#slots = slots
  }
}

function hash(words: Uint32Array, offset: number): number {
  let h = 0x9747b28c
  for (let i = 0; i < WORDS; i += 1) {
    h = Math.imul(h ^ words[offset + i]!, 0x85ebca6b)
    h ^= h >>> 15
    h = Math.imul(h, 0xc2b2ae35)
    h ^= h >>> 13
  }
  return h >>> 0
}

function grown<T extends Uint32Array | Int32Array>(items: T): T {
  const larger = new (items.constructor as new (length: number) => T)(items.length * 2)
  larger.set(items)
  return larger
}
