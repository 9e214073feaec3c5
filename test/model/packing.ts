/**
 * The packed form of a state, which the checker compares. The two calls are alike, and so are the two servers: the packed
 * form orders them, so that states which differ only in which is which are one.
 */
import {
  AWAITED,
  at,
  CALL_FIELDS,
  CALLS,
  CHANGED,
  ENTRY,
  EXPIRED,
  FLIGHT,
  GHOST,
  GLOBALS,
  GONE,
  GREETED,
  HEARD,
  HELLO,
  INCARNATION,
  INCARNATIONS,
  KNEW_GONE,
  KNOWS_GONE,
  MEMORY,
  MET,
  PHASE,
  RENEWED,
  SAID,
  SEEN,
  SLOTS,
  type State,
  VIEW,
  VOUCHED,
  VOUCHES,
  widths,
} from './state.ts'

/** Where each slot goes: word and shift. The globals, and each call, begin a word of their own. */
interface Place {
  readonly words: number
  readonly word: Uint8Array
  readonly shift: Uint8Array
}

function places(from: number, count: number): Place {
  const word = new Uint8Array(count)
  const shift = new Uint8Array(count)
  let used = 0
  let current = 0
  for (let i = 0; i < count; i += 1) {
    const width = widths[from + i]!
    if (used + width > 32) {
      current += 1
      used = 0
    }
    word[i] = current
    shift[i] = used
    used += width
  }
  return { words: current + 1, word, shift }
}

const globals = places(0, GLOBALS)
const perCall = places(GLOBALS, CALL_FIELDS)
export const WORDS: number = globals.words + CALLS * perCall.words

/** Packs a state into `WORDS` numbers of `into`. */
export function pack(given: State, into: Uint32Array): void {
  const state = isSecondServerFirst(given) ? swapServers(given) : given
  into.fill(0)
  for (let i = 0; i < GLOBALS; i += 1) into[globals.word[i]!]! |= state[i]! << globals.shift[i]!
  for (let call = 0; call < CALLS; call += 1) {
    const base = globals.words + call * perCall.words
    const slots = GLOBALS + call * CALL_FIELDS
    for (let i = 0; i < CALL_FIELDS; i += 1) into[base + perCall.word[i]!]! |= state[slots + i]! << perCall.shift[i]!
  }
  orderCalls(into)
}

const OF_PROCESS: readonly number[] = [
  PHASE,
  INCARNATION,
  EXPIRED,
  GHOST,
  HELLO,
  GREETED,
  HEARD,
  AWAITED,
  VOUCHES,
  VOUCHED,
]
const OF_ID: readonly number[] = [ENTRY, VIEW, RENEWED, CHANGED]

/** Whether the servers change places. Where they are alike in what is compared they do not: that costs states, no more. */
function isSecondServerFirst(state: State): boolean {
  for (const slot of OF_PROCESS) {
    if (state[slot] !== state[slot + 1]) return state[slot]! < state[slot + 1]!
  }
  for (const slot of OF_ID) {
    for (let i = 0; i < INCARNATIONS; i += 1) {
      const [first, second] = [state[slot + i]!, state[slot + INCARNATIONS + i]!]
      if (first !== second) return first < second
    }
  }
  for (const slot of [MEMORY, FLIGHT]) {
    const first = state[at(0, slot)]! + state[at(1, slot)]!
    const second = state[at(0, slot + 1)]! + state[at(1, slot + 1)]!
    if (first !== second) return first < second
  }
  return false
}

const swapped = new Uint8Array(SLOTS)

/** The same state with the servers in each other's place, in an array that the next call uses again. */
export function swapServers(state: State): State {
  swapped.set(state)
  for (const slot of OF_PROCESS) exchange(slot, 1)
  for (const slot of OF_ID) exchange(slot, INCARNATIONS)
  exchange(MET, 1)
  exchange(KNOWS_GONE, 1)
  for (const process of [0, 1]) {
    exchangeBits(MET + process)
    exchangeBits(KNOWS_GONE + process)
  }
  for (let call = 0; call < CALLS; call += 1) {
    exchange(at(call, MEMORY), 1)
    exchange(at(call, FLIGHT), 1)
    exchange(at(call, SAID), INCARNATIONS)
    exchange(at(call, KNEW_GONE), 1)
    for (const process of [0, 1]) exchangeBits(at(call, KNEW_GONE + process))
    exchangeBits(at(call, SEEN))
    exchangeBits(at(call, GONE))
  }
  return swapped
}

/** Exchanges so many slots with as many behind them. */
function exchange(slot: number, count: number): void {
  for (let i = slot; i < slot + count; i += 1) {
    const held = swapped[i]!
    swapped[i] = swapped[i + count]!
    swapped[i + count] = held
  }
}

/** Exchanges the ids of the two processes in a slot with a bit for each. */
function exchangeBits(slot: number): void {
  const bits = swapped[slot]!
  swapped[slot] = (bits >> INCARNATIONS) | ((bits & ((1 << INCARNATIONS) - 1)) << INCARNATIONS)
}

/** Swaps the words of the two calls where the first is the greater. */
function orderCalls(words: Uint32Array): void {
  const first = globals.words
  const second = first + perCall.words
  for (let i = 0; i < perCall.words; i += 1) {
    const difference = words[first + i]! - words[second + i]!
    if (difference < 0) return
    if (difference > 0) break
  }
  for (let i = 0; i < perCall.words; i += 1) {
    const held = words[first + i]!
    words[first + i] = words[second + i]!
    words[second + i] = held
  }
}

export function unpack(words: Uint32Array, offset: number, state: State): void {
  for (let i = 0; i < GLOBALS; i += 1) {
    state[i] = (words[offset + globals.word[i]!]! >>> globals.shift[i]!) & ((1 << widths[i]!) - 1)
  }
  for (let call = 0; call < CALLS; call += 1) {
    const base = offset + globals.words + call * perCall.words
    const slots = GLOBALS + call * CALL_FIELDS
    for (let i = 0; i < CALL_FIELDS; i += 1) {
      state[slots + i] = (words[base + perCall.word[i]!]! >>> perCall.shift[i]!) & ((1 << widths[GLOBALS + i]!) - 1)
    }
  }
}
