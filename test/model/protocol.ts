/** The model: all steps, and the states it starts in. */
import { ask } from './client-asks.ts'
import { oldConnection, receive, send } from './client-calls.ts'
import { watch } from './client-view.ts'
import type { Emit, Model } from './explore.ts'
import { cuts, redis, servers } from './fault-steps.ts'
import { ALL_FAULTS, ALL_RULES, type Settings } from './rules.ts'
import { answer } from './server-answers.ts'
import { run } from './server-calls.ts'
import { presence, start } from './server-presence.ts'
import {
  at,
  ENTRY,
  Entry,
  FAULTS,
  GREETED,
  INCARNATION,
  INCARNATIONS,
  id,
  MET,
  PHASE,
  Phase,
  SLOTS,
  STATUS,
  type State,
  Status,
  VIEW,
  View,
  VOUCHED,
  VOUCHES,
} from './state.ts'
import type { Steps } from './step.ts'
import { isOver, tidy } from './tidy.ts'

export const DEFAULTS: Settings = {
  rules: ALL_RULES,
  faults: ALL_FAULTS,
  budget: 2,
  calls: 2,
  start: 'ready',
  hasLooked: true,
  isRepeatable: false,
  expectsValues: false,
  isReduced: true,
}

const ORDINARY: readonly Steps[] = [send, oldConnection, receive, watch, ask, start, presence, run, answer]
const FAULTY: readonly Steps[] = [cuts, servers, redis]

export function protocol(settings: Settings): Model {
  return {
    initial: [initialState(settings)],
    steps(state, emit) {
      if (settings.isReduced && isOver(state)) return
      const emitTidy: Emit = (text, next, isFault) => {
        if (settings.isReduced) tidy(next, settings)
        emit(text, next, isFault)
      }
      for (const steps of ORDINARY) steps(state, settings, emitTidy)
      if (state[FAULTS]! > 0) for (const steps of FAULTY) steps(state, settings, emitTidy)
    },
  }
}

function initialState({ budget, calls, start, hasLooked }: Settings): State {
  const state = new Uint8Array(SLOTS)
  state[FAULTS] = budget
  // A process that never ran has its first id before it.
  for (const process of [0, 1]) state[INCARNATION + process] = INCARNATIONS - 1
  if (calls === 1) state[at(1, STATUS)] = Status.ended
  const ready = { ready: [0, 1], one: [0], 'both-start': [] }[start]
  for (const process of ready) {
    state[PHASE + process] = Phase.pops
    state[INCARNATION + process] = 0
    state[GREETED + process] = 1
    state[VOUCHES + process] = 1
    state[VOUCHED + process] = 1
    state[ENTRY + id(process, 0)] = Entry.live
    if (hasLooked) state[VIEW + id(process, 0)] = View.live
    for (const other of ready) state[MET + process]! |= 1 << id(other, 0)
  }
  if (start === 'both-start') {
    for (const process of [0, 1]) {
      state[PHASE + process] = Phase.booted
      state[INCARNATION + process] = 0
    }
  }
  return state
}

/** Every call has ended; with `expectsValues`, with its value. */
export function haveAllEnded(state: State): boolean {
  return state[at(0, STATUS)] === Status.ended && state[at(1, STATUS)] === Status.ended
}
