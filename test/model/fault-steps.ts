/** What goes wrong. Each fault costs one of the budget. */
import type { Emit } from './explore.ts'
import { empty } from './redis-data.ts'
import type { Settings } from './rules.ts'
import { loseCopies } from './server-calls.ts'
import {
  AWAITED,
  at,
  CALLS,
  currentId,
  ENTRY,
  Entry,
  EVER,
  EXPIRED,
  FAULTS,
  FLIGHT,
  GHOST,
  GREETED,
  HEARD,
  HELLO,
  IDS,
  INBOX,
  INCARNATION,
  INCARNATIONS,
  KNEW_GONE,
  KNOWS_GONE,
  LINGERS,
  MEMORY,
  MET,
  Memory,
  PHASE,
  Phase,
  PROCESSES,
  RETURNED,
  STATUS,
  type State,
  Status,
  VOUCHED,
  VOUCHES,
} from './state.ts'
import { callName, changed, type Steps, serverName } from './step.ts'

/** A change that costs a fault. */
function spent(state: State): State {
  const next = changed(state)
  next[FAULTS]! -= 1
  return next
}

/**
 * Cuts. A server's broken push needs no step: by R15 it is repeated, a double is dropped, and until then the server is
 * one that has not replied yet. That of the client is in `send`.
 */
export const cuts: Steps = (state, { faults }, emit) => {
  if (faults.clientPop) {
    for (let subset = 1; subset < 1 << CALLS; subset += 1) {
      const lost = [0, 1].filter((call) => (subset >> call) & 1)
      if (lost.some((call) => state[at(call, INBOX)] === 0)) continue
      const next = spent(state)
      for (const call of lost) next[at(call, INBOX)] = 0
      emit(`the client's pop loses the replies of ${lost.map(callName).join(', ')}`, next, true)
    }
  }
  if (faults.serverPop) {
    loseCopies(state, (next, calls) => {
      next[FAULTS]! -= 1
      emit(`a server's pop is cut and loses ${calls.map(callName).join(', ')}`, next, true)
    })
  }
}

export const servers: Steps = (state, settings, emit) => {
  const { faults } = settings
  for (let process = 0; process < PROCESSES; process += 1) {
    const name = serverName(state, process)
    if (state[PHASE + process] === Phase.off) {
      if (faults.start) startAgain(state, process, emit)
      continue
    }
    if (faults.kill) {
      const next = spent(state)
      stop(next, process)
      emit(`${name} is killed`, next, true)
    }
    if (faults.stall && state[EXPIRED + process] === 0 && state[PHASE + process]! >= Phase.saysHello) {
      const next = spent(state)
      next[EXPIRED + process] = 1
      next[GHOST + process] = 1
      const id = currentId(state, process)
      if (next[ENTRY + id] === Entry.live) next[ENTRY + id] = Entry.expired
      emit(`${name} is paused for longer than its lease`, next, true)
    }
    if (faults.leave && isIdle(state, process)) {
      const next = spent(state)
      next[ENTRY + currentId(state, process)] = Entry.left
      stop(next, process)
      emit(`${name} leaves`, next, true)
    }
    if (faults.overwrite) overwrite(state, process, emit)
  }
}

function startAgain(state: State, process: number, emit: Emit): void {
  const next = spent(state)
  next[INCARNATION + process] = (state[INCARNATION + process]! + 1) % INCARNATIONS
  next[PHASE + process] = Phase.booted
  emit(`${serverName(next, process)} starts`, next, true)
}

/** A process ends, and its memory with it. */
function stop(state: State, process: number): void {
  state[PHASE + process] = Phase.off
  state[EXPIRED + process] = 0
  state[GHOST + process] = 0
  state[GREETED + process] = 0
  state[HEARD + process] = 0
  state[HELLO + process] = 0
  state[MET + process] = 0
  state[KNOWS_GONE + process] = 0
  state[VOUCHES + process] = 0
  state[VOUCHED + process] = 0
  state[AWAITED + process] = 0
  for (let call = 0; call < CALLS; call += 1) {
    state[at(call, MEMORY + process)] = Memory.none
    state[at(call, FLIGHT + process)] = 0
    state[at(call, KNEW_GONE + process)] = 0
  }
}

/** It ends in good order: whatever it popped has been answered. */
function isIdle(state: State, process: number): boolean {
  if (state[PHASE + process] !== Phase.pops || state[EXPIRED + process] === 1) return false
  for (let call = 0; call < CALLS; call += 1) {
    if (state[at(call, MEMORY + process)] === Memory.runs || state[at(call, FLIGHT + process)] !== 0) return false
  }
  return true
}

/** First the replies that are kept go, then what was begun. What runs is never forgotten. */
function overwrite(state: State, process: number, emit: Emit): void {
  for (const memory of [Memory.replyGone, Memory.overwritten]) {
    const next = spent(state)
    let isChanged = false
    for (let call = 0; call < CALLS; call += 1) {
      const known = state[at(call, MEMORY + process)]!
      const goes =
        memory === Memory.replyGone
          ? known === Memory.replied
          : known !== Memory.runs && known !== Memory.overwritten && state[at(call, STATUS)] !== Status.unsent
      if (!goes) continue
      next[at(call, MEMORY + process)] = memory
      isChanged = true
    }
    if (isChanged) {
      emit(`${serverName(state, process)} ${memory === Memory.replyGone ? 'drops its replies' : 'forgets'}`, next, true)
    }
  }
}

export const redis: Steps = (state, settings, emit) => {
  const { faults } = settings
  if (faults.flush) {
    const next = spent(state)
    empty(next)
    emit('FLUSHALL', next, true)
  }
  if (faults.jump) {
    const next = spent(state)
    for (let id = 0; id < IDS; id += 1) if (state[ENTRY + id] === Entry.live) next[ENTRY + id] = Entry.expired
    emit("Redis's clock jumps forward", next, true)
  }
  if (faults.restart) restart(state, settings, emit)
}

/**
 * A new life of Redis. Of what ever was on the list any part may be back, but under R13 nobody runs it, and so it is not
 * worth a state; the table is empty, as it was, or as it was before some server came. All connections are gone, with what
 * they held.
 */
function restart(state: State, { rules }: Settings, emit: Emit): void {
  const returning = rules.checksLife ? 0 : state[at(0, EVER)]! + 2 * state[at(1, EVER)]!
  for (let subset = 0; subset < 1 << CALLS; subset += 1) {
    if ((subset & returning) !== subset) continue
    for (const table of ['an empty', 'its', "S1's early", "S2's early"] as const) {
      const next = spent(state)
      empty(next)
      for (let id = 0; id < IDS; id += 1) {
        const isKept = table === 'its' || id === { "S1's early": 0, "S2's early": INCARNATIONS, 'an empty': -1 }[table]
        if (isKept) next[ENTRY + id] = state[ENTRY + id]!
      }
      const back = [0, 1].filter((call) => (subset >> call) & 1)
      for (const call of back) next[at(call, RETURNED)] = 1
      cutAll(next, rules)
      emit(
        `Redis restarts with ${table} table of servers, and ${back.map(callName).join(', ') || 'nothing'} on the list`,
        next,
        true,
      )
    }
  }
}

function cutAll(state: State, rules: Settings['rules']): void {
  for (let process = 0; process < PROCESSES; process += 1) {
    state[GHOST + process] = 0
    // Its own entry may be there while others' are not.
    if (rules.vouchesAnew) state[VOUCHES + process] = 0
    for (let call = 0; call < CALLS; call += 1) state[at(call, FLIGHT + process)] = 0
  }
  for (let call = 0; call < CALLS; call += 1) state[at(call, LINGERS)] = 0
}
