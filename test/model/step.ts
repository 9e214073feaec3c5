/** What all steps need: a copy to change, names for the trace, and facts that are read off a state. */
import type { Emit } from './explore.ts'
import type { Settings } from './rules.ts'
import { currentId, EXPIRED, INCARNATION, INCARNATIONS, PHASE, Phase, SLOTS, type State } from './state.ts'

/** Emits the steps of one kind that a state allows. */
export type Steps = (state: State, settings: Settings, emit: Emit) => void

const copy = new Uint8Array(SLOTS)

/** The one copy that steps change; it is packed before the next is made. */
export function changed(state: State): State {
  copy.set(state)
  return copy
}

export const COPIES_MAX = 3

/** Adds to a counter of two bits. More than three copies of one call are as good as three. */
export function increase(state: State, slot: number): void {
  if (state[slot]! < COPIES_MAX) state[slot]! += 1
}

export function callName(call: number): string {
  return `c${call + 1}`
}

export function idName(id: number): string {
  return `S${Math.floor(id / INCARNATIONS) + 1}${"'".repeat(id % INCARNATIONS)}`
}

export function serverName(state: State, process: number): string {
  return idName(currentId(state, process))
}

/** It runs, and by its own clock its lease holds; without R3 it does not look. */
export function isAble(state: State, process: number, { rules }: Settings): boolean {
  return state[PHASE + process]! >= Phase.booted && (state[EXPIRED + process] === 0 || !rules.ownLease)
}

/** Its lease ran out by its own clock, or its process died. */
export function isGone(state: State, id: number): boolean {
  return isDead(state, id) || state[EXPIRED + Math.floor(id / INCARNATIONS)] === 1
}

/** Its process died; unlike one whose lease ran out it never acts again. */
export function isDead(state: State, id: number): boolean {
  const process = Math.floor(id / INCARNATIONS)
  return state[PHASE + process] === Phase.off || state[INCARNATION + process] !== id % INCARNATIONS
}
