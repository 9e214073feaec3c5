/**
 * Clears what can make no difference any more, so that states which differ only in it are one. Each clause says why it
 * makes none, and a test looks whether the protocol holds without it as well.
 */
import type { Settings } from './rules.ts'
import {
  at,
  BEGUN,
  CALLS,
  CHANGED,
  COPIES,
  currentId,
  ENTRY,
  Entry,
  EVER,
  FAULTS,
  FLIGHT,
  HEARD,
  HELLO,
  IDS,
  KNEW_GONE,
  KNOWS_GONE,
  LINGERS,
  MEMORY,
  MET,
  Memory,
  PROCESSES,
  RENEWED,
  RETURNED,
  ROUND,
  SAID,
  Said,
  SEEN,
  STATUS,
  type State,
  Status,
  VIEW,
  View,
  VOUCHED,
  VOUCHES,
} from './state.ts'
import { isDead } from './step.ts'

export function tidy(state: State, { rules }: Settings): void {
  const isLastLife = state[FAULTS] === 0
  // Only a restart brings requests back, and only where R13 is dropped somebody runs them.
  let haveEnded = true
  for (let call = 0; call < CALLS; call += 1) {
    if (isLastLife || rules.checksLife) state[at(call, EVER)] = 0
    if (state[at(call, STATUS)] !== Status.ended) haveEnded = false
    else if (state[at(call, EVER)] === 0 && !hasCopies(state, call)) forget(state, call)
  }
  for (let id = 0; id < IDS; id += 1) {
    const isSeen = state[VIEW + id] !== View.unseen
    const owner = id < IDS / PROCESSES ? 0 : 1
    // A server that answers tells the client of others; of itself it need not.
    state[MET + owner]! &= ~(1 << id)
    if (!isDead(state, id)) continue
    // Nobody waits until an id that is dead is met; the client knows of it, or has no call left.
    if (isSeen || haveEnded) state[MET + 1 - owner]! &= ~(1 << id)
    // It will say nothing any more, so it will not be a witness.
    for (let call = 0; call < CALLS; call += 1) {
      if (state[at(call, SAID + id)] === Said.nothing) state[at(call, SEEN)]! &= ~(1 << id)
    }
    if (haveEnded) state[ENTRY + id] = Entry.absent
  }
  for (let process = 0; process < PROCESSES; process += 1) {
    if (haveEnded) state[KNOWS_GONE + process] = 0
    // Only the questions of a round can come before or after it.
    if (state[ROUND] !== 2 && state[HELLO + process] === 2) state[HELLO + process] = 1
    for (let call = 0; call < CALLS; call += 1) state[at(call, KNEW_GONE + process)]! &= state[KNOWS_GONE + process]!
  }
  if (!haveEnded) return
  // The client has nothing to judge any more, and so nothing that the servers could tell it counts.
  for (let id = 0; id < IDS; id += 1) {
    state[VIEW + id] = View.unseen
    state[RENEWED + id] = 0
    state[CHANGED + id] = 0
  }
  for (let process = 0; process < PROCESSES; process += 1) {
    state[VOUCHES + process] = 0
    state[VOUCHED + process] = 0
    state[HEARD + process] = 0
    state[MET + process]! &= 1 << currentId(state, 1 - process)
  }
}

const COPY_SLOTS: readonly number[] = [COPIES, RETURNED, LINGERS, FLIGHT, FLIGHT + 1]

function hasCopies(state: State, call: number): boolean {
  for (const slot of COPY_SLOTS) if (state[at(call, slot)] !== 0) return true
  return false
}

/** A call that has ended, and of which no copy is left or can come back. */
function forget(state: State, call: number): void {
  state[at(call, BEGUN)] = 0
  for (let process = 0; process < PROCESSES; process += 1) state[at(call, MEMORY + process)] = Memory.none
}

/** Nothing can happen any more that an invariant is about. */
export function isOver(state: State): boolean {
  if (state[FAULTS] !== 0) return false
  for (let call = 0; call < CALLS; call += 1) {
    if (state[at(call, STATUS)] !== Status.ended || hasCopies(state, call)) return false
  }
  return true
}
