/** What servers say when they are asked after calls. */
import { endRoundIfNobodyIsAsked, leaveRound } from './client-calls.ts'
import { comesBack, takeForGone } from './client-view.ts'
import type { Settings } from './rules.ts'
import { reply } from './server-calls.ts'
import { renew } from './server-presence.ts'
import {
  ASKED,
  at,
  CALLS,
  currentId,
  ENTRY,
  Entry,
  FLIGHT,
  HEARD,
  HELLO,
  IDS,
  INBOX,
  KNEW_GONE,
  KNOWS_GONE,
  MEMORY,
  MET,
  Memory,
  PHASE,
  Phase,
  PROCESSES,
  ROUND,
  SAID,
  Said,
  type State,
  VIEW,
  View,
  VOUCHES,
} from './state.ts'
import { callName, changed, isAble, type Steps, serverName } from './step.ts'

/** Answers the client's questions. A reply that is under way arrives before: both go through one inbox. */
export const answer: Steps = (state, settings, emit) => {
  const { rules } = settings
  if (state[ROUND] !== 2) return
  for (let process = 0; process < PROCESSES; process += 1) {
    const id = currentId(state, process)
    if (state[PHASE + process]! < Phase.saysHello || !isAble(state, process, settings)) continue
    if (state[VIEW + id] === View.unseen) continue
    // The list is first in, first out: a hello that was there before the question is read before it.
    if (state[HELLO + process] === 2 && rules.order) continue
    if (!isAsked(state, process, id, rules.order)) continue
    const next = changed(state)
    const texts: string[] = []
    // It renews its lease first: what it says is as good as what it knows of the table at that time.
    if (rules.vouches) renew(next, process)
    for (let call = 0; call < CALLS; call += 1) {
      if (state[at(call, ASKED)] === 0) continue
      texts.push(`${callName(call)}: ${say(next, process, call, id, settings)}`)
    }
    if (rules.met) {
      for (let met = 0; met < IDS; met += 1) {
        if ((next[MET + process]! >> met) & 1 && state[VIEW + met] === View.unseen) next[VIEW + met] = View.missing
      }
      tellGone(next, process)
      if (next[HEARD + process] === 1) comesBack(next, currentId(state, 1 - process))
    }
    endRoundIfNobodyIsAsked(next)
    emit(`${serverName(state, process)} answers ${texts.join(', ')}`, next, false)
  }
}

/** What it knows to be gone since before the call was sent. */
function tellGone(state: State, process: number): void {
  for (let call = 0; call < CALLS; call += 1) {
    if (state[at(call, ASKED)] === 0) continue
    const gone = state[KNOWS_GONE + process]! & state[at(call, KNEW_GONE + process)]!
    for (let id = 0; id < IDS; id += 1) {
      if ((gone >> id) & 1) takeForGone(state, call, id, state[ENTRY + id] === Entry.left)
    }
  }
}

function isAsked(state: State, process: number, id: number, isOrdered: boolean): boolean {
  let isAsked = false
  for (let call = 0; call < CALLS; call += 1) {
    if (isOrdered && state[at(call, FLIGHT + process)] !== 0) return false
    if (state[at(call, ASKED)] === 0) continue
    if (state[at(call, INBOX)] === 1) return false
    if (state[at(call, SAID + id)] !== Said.nothing) return false
    isAsked = true
  }
  return isAsked
}

function say(state: State, process: number, call: number, id: number, { rules }: Settings): string {
  switch (state[at(call, MEMORY + process)]) {
    case Memory.runs:
      // Whatever the others say, `judge` waits.
      leaveRound(state, call)
      return 'running'
    case Memory.replied:
      reply(state, call)
      leaveRound(state, call)
      return 'done, and replies again'
    case Memory.replyGone:
      state[at(call, SAID + id)] = Said.done
      return 'done, reply gone'
    case Memory.overwritten:
      state[at(call, SAID + id)] = rules.memory ? Said.forgotten : Said.unknown
      return rules.memory ? 'forgotten' : 'unknown'
    default:
      if (rules.vouches && state[VOUCHES + process] === 0) {
        state[at(call, SAID + id)] = Said.unknownHere
        return 'unknown here'
      }
      state[at(call, SAID + id)] = Said.unknown
      return 'unknown'
  }
}
