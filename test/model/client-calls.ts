/** How the client sends a call, and how the call ends. */
import type { Settings } from './rules.ts'
import {
  ASKED,
  at,
  CALLS,
  COPIES,
  EVER,
  FAULTS,
  GONE,
  IDS,
  INBOX,
  INCARNATIONS,
  KNEW_GONE,
  KNOWS_GONE,
  LINGERS,
  PROCESSES,
  ROUND,
  SAID,
  Said,
  SEEN,
  SETTLED,
  STATUS,
  type State,
  Status,
  VIEW,
  View,
  VOUCHED,
} from './state.ts'
import { callName, changed, increase, type Steps } from './step.ts'

/** How a push ends. One of unknown fate that was executed is like one that was confirmed: R5 settles it at once. */
export const PUSHES = ['is pushed', 'is lost', 'lingers at the old connection'] as const
type Push = 0 | 1 | 2

/**
 * First attempts. The push is executed where it is sent: nothing that happens between can see the request, and to be
 * executed later is to be sent later, but for what the client has seen by then, where less knowledge is the harder case.
 * Both calls may be in one write, and so be lost by one cut.
 */
export const send: Steps = (state, settings, emit) => {
  const mayBreak = settings.faults.clientPush && state[FAULTS]! > 0
  for (let call = 0; call < CALLS; call += 1) {
    if (state[at(call, STATUS)] !== Status.unsent) continue
    for (const push of mayBreak ? ([0, 1, 2] as const) : ([0] as const)) {
      const next = changed(state)
      sendOne(next, call, push, settings)
      if (push !== 0) next[FAULTS]! -= 1
      emit(`${callName(call)} ${PUSHES[push]}`, next, push !== 0)
    }
  }
  if (!mayBreak || state[at(0, STATUS)] !== Status.unsent || state[at(1, STATUS)] !== Status.unsent) return
  for (const first of [1, 2] as const) {
    for (const second of [1, 2] as const) {
      const next = changed(state)
      sendOne(next, 0, first, settings)
      sendOne(next, 1, second, settings)
      next[FAULTS]! -= 1
      emit(`c1 ${PUSHES[first]}, c2 ${PUSHES[second]}`, next, true)
    }
  }
}

function sendOne(state: State, call: number, push: Push, settings: Settings): void {
  state[at(call, STATUS)] = Status.pending
  rememberView(state, call, settings)
  deliver(state, call, push)
}

export function deliver(state: State, call: number, push: Push): void {
  if (push === 2) {
    state[at(call, LINGERS)] = 1
  } else if (push === 0) {
    increase(state, at(call, COPIES))
    state[at(call, EVER)] = 1
  }
}

/** `call.look`: what the client knew when it sent the call. Only that is compared with looks, so it is all that is kept. */
export function rememberView(state: State, call: number, { rules }: Settings): void {
  let seen = 0
  let gone = 0
  for (let id = 0; id < IDS; id += 1) {
    const view = state[VIEW + id]!
    if (view === View.unseen) continue
    // A server that had not been in the table for a lease by then will not say `unknown` of this call, but `unknown-here`.
    const owner = Math.floor(id / INCARNATIONS)
    if (state[VOUCHED + owner] === 1 || !rules.vouchesBefore) seen |= 1 << id
    const isGone =
      view === View.left || view === View.lostForALease || (view === View.lost && !rules.excusesAfterALease)
    if (isGone) gone |= 1 << id
  }
  state[at(call, SEEN)] = seen
  state[at(call, GONE)] = gone
  for (let process = 0; process < PROCESSES; process += 1) {
    state[at(call, KNEW_GONE + process)] = state[KNOWS_GONE + process]!
  }
}

/** A middle box or a kernel delivers what its connection had sent, until R5 ends that connection at Redis. */
export const oldConnection: Steps = (state, { rules }, emit) => {
  let lingers = false
  for (let call = 0; call < CALLS; call += 1) {
    if (state[at(call, LINGERS)] === 0) continue
    lingers = true
    const next = changed(state)
    next[at(call, LINGERS)] = 0
    deliver(next, call, 0)
    emit(`the old connection delivers ${callName(call)}`, next, false)
  }
  if (!lingers || !rules.endsConnection) return
  const next = changed(state)
  for (let call = 0; call < CALLS; call += 1) next[at(call, LINGERS)] = 0
  emit('the client ends its old connection at Redis', next, false)
}

/** The value arrives. What arrives for a call that has ended is dropped, so it is not kept at all. */
export const receive: Steps = (state, _settings, emit) => {
  for (let call = 0; call < CALLS; call += 1) {
    if (state[at(call, INBOX)] === 0) continue
    const next = changed(state)
    end(next, call)
    endRoundIfNobodyIsAsked(next)
    emit(`${callName(call)} gets its value`, next, false)
  }
}

/** Ends a call, and forgets what is of no more use. */
export function end(state: State, call: number): void {
  state[at(call, STATUS)] = Status.ended
  state[at(call, INBOX)] = 0
  state[at(call, SEEN)] = 0
  state[at(call, GONE)] = 0
  for (let process = 0; process < PROCESSES; process += 1) state[at(call, KNEW_GONE + process)] = 0
  leaveRound(state, call)
}

export function leaveRound(state: State, call: number): void {
  state[at(call, ASKED)] = 0
  state[at(call, SETTLED)] = 0
  for (let id = 0; id < IDS; id += 1) state[at(call, SAID + id)] = Said.nothing
}

export function endRoundIfNobodyIsAsked(state: State): void {
  for (let call = 0; call < CALLS; call += 1) if (state[at(call, ASKED)] === 1) return
  state[ROUND] = 0
}
