/** How servers pop requests and run them. */
import { type Emit, Violation } from './explore.ts'
import type { Settings } from './rules.ts'
import {
  at,
  BEGUN,
  CALLS,
  COPIES,
  FLIGHT,
  GHOST,
  HELLO,
  INBOX,
  MEMORY,
  Memory,
  PHASE,
  Phase,
  PROCESSES,
  RETURNED,
  STATUS,
  type State,
  Status,
} from './state.ts'
import { callName, changed, isAble, type Steps, serverName } from './step.ts'

/** Pops requests and runs them. */
export const run: Steps = (state, settings, emit) => {
  const { rules } = settings
  const splits = !rules.order || !rules.dropsPopped || !settings.isReduced
  for (let process = 0; process < PROCESSES; process += 1) {
    const name = serverName(state, process)
    for (let call = 0; call < CALLS; call += 1) {
      if (canPop(state, process, settings)) {
        for (const slot of [at(call, COPIES), at(call, RETURNED)]) {
          if (state[slot] === 0) continue
          const next = changed(state)
          next[slot]! -= 1
          // A pop and its arrival are one step: a question that is answered comes later on the same connection (R4),
          // and a reply that is lost is as if the request were lost on the list, which is a fault of its own.
          if (splits) next[at(call, FLIGHT + process)] = 1
          const what = splits ? 'pops' : arrive(next, process, call, settings)
          emit(`${name} ${what} ${callName(call)}`, next, false)
        }
      }
      if (
        state[at(call, FLIGHT + process)] === 1 &&
        state[PHASE + process] === Phase.pops &&
        isAble(state, process, settings)
      ) {
        const next = changed(state)
        next[at(call, FLIGHT + process)] = 0
        const what = arrive(next, process, call, settings)
        emit(`${name} gets and ${what} ${callName(call)}`, next, false)
      }
      if (state[at(call, MEMORY + process)] === Memory.runs && isAble(state, process, settings)) {
        const next = changed(state)
        next[at(call, MEMORY + process)] = Memory.replied
        reply(next, call)
        emit(`${name} ends ${callName(call)} and replies`, next, false)
      }
    }
    swallow(state, process, settings, emit)
  }
}

/** Its own list comes first (R4), so a hello is read before a request is popped. */
function canPop(state: State, process: number, settings: Settings): boolean {
  return (
    state[PHASE + process] === Phase.pops &&
    isAble(state, process, settings) &&
    (state[HELLO + process] === 0 || !settings.rules.order)
  )
}

/** What a server does with a request that it popped. */
function arrive(state: State, process: number, call: number, settings: Settings): string {
  const memory = state[at(call, MEMORY + process)]!
  if (memory === Memory.runs) return 'drops, as it runs already,'
  if (memory === Memory.replied) {
    reply(state, call)
    return 'drops, and replies again to,'
  }
  if (memory === Memory.replyGone && !settings.isRepeatable) return 'drops, as it was run before,'
  state[at(call, MEMORY + process)] = Memory.runs
  if (state[at(call, BEGUN)] === 1 && !settings.isRepeatable) {
    throw new Violation(`${serverName(state, process)} begins ${callName(call)}, which was begun before (I1)`)
  }
  if (!settings.isRepeatable) state[at(call, BEGUN)] = 1
  return 'begins'
}

export function reply(state: State, call: number): void {
  if (state[at(call, STATUS)] === Status.pending) state[at(call, INBOX)] = 1
}

/** The pop of a connection that is no more takes requests with it. */
function swallow(state: State, process: number, { rules }: Settings, emit: Emit): void {
  if (state[GHOST + process] === 0) return
  loseCopies(state, (next, calls) => {
    next[GHOST + process] = 0
    if (!rules.dropsPopped) for (const call of calls) next[at(call, FLIGHT + process)] = 1
    emit(`the pending pop of S${process + 1}, which sleeps, takes ${calls.map(callName).join(', ')}`, next, false)
  })
}

/** Each way in which one pop can take requests from the list. */
export function loseCopies(state: State, lose: (next: State, calls: readonly number[]) => void): void {
  for (let subset = 1; subset < 1 << CALLS; subset += 1) {
    const calls = [0, 1].filter((call) => (subset >> call) & 1)
    if (calls.some((call) => state[at(call, COPIES)] === 0)) continue
    const next = changed(state)
    for (const call of calls) next[at(call, COPIES)]! -= 1
    lose(next, calls)
  }
}
