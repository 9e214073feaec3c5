/** What the client knows of the servers: from the table, from its own clock, and from what they say of each other. */
import {
  at,
  CALLS,
  ENTRY,
  Entry,
  GONE,
  HEARD,
  IDS,
  INCARNATION,
  INCARNATIONS,
  RENEWED,
  STATUS,
  type State,
  Status,
  VIEW,
  View,
} from './state.ts'
import { changed, idName, isGone, type Steps } from './step.ts'

/** A server that was taken for gone is excused no more. */
function isPresent(state: State, id: number): void {
  const owner = Math.floor(id / INCARNATIONS)
  if (state[INCARNATION + owner] === id % INCARNATIONS) state[HEARD + 1 - owner] = 0
  state[RENEWED + id] = 0
  for (let call = 0; call < CALLS; call += 1) state[at(call, GONE)]! &= ~(1 << id)
}

/** Another server has heard of one after the client had seen that one lost, so it is not lost. */
export function comesBack(state: State, id: number): void {
  state[VIEW + id] = View.missing
  isPresent(state, id)
}

/** A server says that another was gone before the call was sent. */
export function takeForGone(state: State, call: number, id: number, hasLeft: boolean): void {
  if (state[VIEW + id] === View.live) return
  if (hasLeft) state[VIEW + id] = View.left
  else if (state[VIEW + id] === View.unseen || state[VIEW + id] === View.missing) state[VIEW + id] = View.missed
  state[at(call, GONE)]! |= 1 << id
}

/** A look at the table of servers. */
export function look(state: State): void {
  for (let id = 0; id < IDS; id += 1) {
    const entry = state[ENTRY + id]
    const view = state[VIEW + id]!
    if (entry === Entry.absent) {
      if (view === View.live) state[VIEW + id] = View.missing
    } else if (entry === Entry.left) {
      state[VIEW + id] = View.left
    } else if (entry === Entry.expired) {
      const wasLost = view === View.lost || view === View.lostForALease
      if (view === View.left || (wasLost && state[RENEWED + id] === 0)) continue
      state[VIEW + id] = View.lost
      isPresent(state, id)
    } else if (view !== View.left) {
      state[VIEW + id] = View.live
      isPresent(state, id)
    }
  }
}

/**
 * Looks between rounds, and what the client's clock tells it of servers that do not come back. When all calls are sent,
 * such a look can only show servers that must be asked as well; all else the round's own look shows.
 */
export const watch: Steps = (state, _settings, emit) => {
  if (state[at(0, STATUS)] === Status.unsent || state[at(1, STATUS)] === Status.unsent) {
    const looked = changed(state)
    look(looked)
    emit('the client looks at the table', looked, false)
  }
  for (let id = 0; id < IDS; id += 1) {
    const view = state[VIEW + id]
    // A clock that runs right tells of a lease only what is so.
    if ((view !== View.missing && view !== View.lost) || !isGone(state, id)) continue
    const next = changed(state)
    // One that was emptied from the table may have renewed its lease and been emptied from it again: no excuse for it.
    next[VIEW + id] = view === View.missing ? View.missed : View.lostForALease
    emit(
      view === View.missing
        ? `the client has missed ${idName(id)} for a lease`
        : `the client has seen ${idName(id)} lost for a lease`,
      next,
      false,
    )
  }
}
