/** How servers come into the table, stay there, and know of each other. */
import type { Emit } from './explore.ts'
import { empty } from './redis-data.ts'
import type { Settings } from './rules.ts'
import {
  AWAITED,
  CHANGED,
  currentId,
  ENTRY,
  Entry,
  EXPIRED,
  FAULTS,
  GHOST,
  GREETED,
  HEARD,
  HELLO,
  IDS,
  INCARNATION,
  INCARNATIONS,
  id,
  KNOWS_GONE,
  MET,
  PHASE,
  Phase,
  PROCESSES,
  RENEWED,
  type State,
  VIEW,
  View,
  VOUCHED,
  VOUCHES,
} from './state.ts'
import { changed, idName, isAble, isGone, type Steps, serverName } from './step.ts'

/** Register, look, say hello (R1, R2). */
export const start: Steps = (state, settings, emit) => {
  for (let process = 0; process < PROCESSES; process += 1) {
    if (!isAble(state, process, settings)) continue
    if (state[PHASE + process] === Phase.booted) boot(state, process, settings, emit)
    else if (state[PHASE + process] === Phase.saysHello) greet(state, process, settings, emit)
  }
}

function boot(state: State, process: number, settings: Settings, emit: Emit): void {
  const { rules, faults } = settings
  const next = changed(state)
  if (rules.registersFirst) renew(next, process)
  // Without a transaction the table may be emptied between the two.
  lookForOthers(next, process, settings)
  if (!rules.vouchesLater && seesOthers(next, process)) {
    next[VOUCHES + process] = 1
    next[VOUCHED + process] = 1
  }
  emit(
    `${serverName(state, process)} ${rules.registersFirst ? 'registers and ' : ''}looks for servers to greet`,
    next,
    false,
  )
  if (rules.looksAtOnce || !faults.flush || state[FAULTS] === 0) return
  const flushed = changed(state)
  empty(flushed)
  flushed[FAULTS]! -= 1
  lookForOthers(flushed, process, settings)
  emit(`${serverName(state, process)} registers, FLUSHALL, it looks for servers to greet`, flushed, true)
}

/** A table that shows others seems not to have been emptied; a server that is alone has nobody to know of. */
function seesOthers(state: State, process: number): boolean {
  for (let id = 0; id < IDS; id += 1) {
    if (id !== currentId(state, process) && state[ENTRY + id] === Entry.live) return true
  }
  return state[PHASE + 1 - process] === Phase.off
}

function lookForOthers(state: State, process: number, { rules }: Settings): void {
  const other = 1 - process
  meetTable(state, process)
  // Of the ids that are in the table only the other's present one can belong to a server that acts still.
  const isThere = state[ENTRY + currentId(state, other)] === Entry.live && state[PHASE + other] !== Phase.off
  state[GREETED + process] = isThere && rules.saysHello ? 0 : 1
  if (state[GREETED + process] === 1) {
    state[PHASE + process] = Phase.pops
    return
  }
  state[PHASE + process] = Phase.saysHello
  state[AWAITED + process] = state[INCARNATION + other]!
  if (state[HELLO + other] === 0) state[HELLO + other] = 1
}

function greet(state: State, process: number, { rules, faults }: Settings, emit: Emit): void {
  const other = 1 - process
  const name = serverName(state, process)
  const awaited = id(other, state[AWAITED + process]!)
  const isAcknowledged = state[GREETED + process] === 1
  const entry = state[ENTRY + awaited]
  const seemsGone = entry === Entry.expired || entry === Entry.left
  const isOver = isGone(state, awaited) || (seemsGone && !rules.helloWaitsForALease)
  if (isAcknowledged || isOver) {
    const next = changed(state)
    next[PHASE + process] = Phase.pops
    next[AWAITED + process] = 0
    emit(`${name} starts to pop: ${isAcknowledged ? 'its hello is acknowledged' : 'the other is gone'}`, next, false)
    return
  }
  if (!rules.helloIgnoresConnections && faults.serverPop && state[FAULTS]! > 0) {
    const next = changed(state)
    next[PHASE + process] = Phase.pops
    next[AWAITED + process] = 0
    next[FAULTS]! -= 1
    emit(`${name} starts to pop: the other's connections are cut just now`, next, true)
  }
}

function meetTable(state: State, process: number): void {
  for (let id = 0; id < IDS; id += 1) {
    if (state[ENTRY + id] === Entry.absent) continue
    state[MET + process]! |= 1 << id
    const isNews = state[CHANGED + id] === 1 && Math.floor(id / INCARNATIONS) !== process
    if (state[ENTRY + id] === Entry.live || isNews) hear(state, process, id)
  }
}

/** A server that the client has seen lost is there. */
function hear(state: State, process: number, id: number): void {
  const isOther = id === currentId(state, 1 - process)
  const isLost = state[VIEW + id]! >= View.lost
  state[KNOWS_GONE + process]! &= ~(1 << id)
  if (Math.floor(id / INCARNATIONS) !== process) state[CHANGED + id] = 0
  if (isOther && isLost) state[HEARD + process] = 1
}

/** A renewal says whether the entry was there. If not, the table was emptied, and others may be missing from it. */
export function renew(state: State, process: number): void {
  const id = currentId(state, process)
  if (state[ENTRY + id] === Entry.absent) state[VOUCHES + process] = 0
  state[ENTRY + id] = Entry.live
  if (state[VIEW + id] === View.lost || state[VIEW + id] === View.lostForALease) state[RENEWED + id] = 1
  if ((state[KNOWS_GONE + 1 - process]! >> id) & 1) state[CHANGED + id] = 1
  meetTable(state, process)
}

/**
 * The entry has been in the table for a lease. Whoever else lives has renewed its own meanwhile, and was seen at one of
 * this server's renewals.
 */
function vouch(state: State, process: number, settings: Settings, emit: Emit): void {
  const other = currentId(state, 1 - process)
  const isThere = state[ENTRY + other] === Entry.live
  if (!isAble(state, process, settings) || state[ENTRY + currentId(state, process)] !== Entry.live) return
  if (!isThere && !isGone(state, other) && state[PHASE + 1 - process]! >= Phase.saysHello) return
  const next = changed(state)
  meetTable(next, process)
  next[VOUCHES + process] = 1
  next[VOUCHED + process] = 1
  emit(`${serverName(state, process)} has been in the table for a lease`, next, false)
}

export const presence: Steps = (state, settings, emit) => {
  const { rules } = settings
  for (let process = 0; process < PROCESSES; process += 1) {
    const name = serverName(state, process)
    if (state[PHASE + process]! >= Phase.saysHello && isAble(state, process, settings)) {
      const next = changed(state)
      renew(next, process)
      if (state[GREETED + process] === 0 && (rules.helloRepeats || state[PHASE + process] === Phase.saysHello)) {
        if (state[HELLO + 1 - process] === 0 && state[PHASE + 1 - process] !== Phase.off) next[HELLO + 1 - process] = 1
      }
      emit(`${name} renews its lease`, next, false)
      if (state[HELLO + process] !== 0) {
        const next = changed(state)
        const other = currentId(state, 1 - process)
        next[HELLO + process] = 0
        next[GREETED + 1 - process] = 1
        next[MET + process]! |= 1 << other
        hear(next, process, other)
        emit(`${name} acknowledges a hello`, next, false)
      }
    }
    if (state[PHASE + process]! >= Phase.saysHello && state[VOUCHES + process] === 0)
      vouch(state, process, settings, emit)
    if (rules.ownLease && state[EXPIRED + process] === 1) {
      const next = changed(state)
      next[EXPIRED + process] = 0
      next[GHOST + process] = 0
      next[AWAITED + process] = 0
      next[PHASE + process] = Phase.booted
      emit(`${name} finds that its lease ran out`, next, false)
    }
  }
  watchOthers(state, settings, emit)
  // The table's word on those that are gone: first run out, then forgotten.
  for (let id = 0; id < IDS; id += 1) {
    if (state[ENTRY + id] !== Entry.live || !isGone(state, id)) continue
    const next = changed(state)
    next[ENTRY + id] = Entry.expired
    emit(`the lease of ${idName(id)} runs out`, next, false)
  }
}

/** A server watches the entries of others on its own clock, as the client does. */
function watchOthers(state: State, settings: Settings, emit: Emit): void {
  if (!settings.rules.tellsGone) return
  for (let process = 0; process < PROCESSES; process += 1) {
    if (state[PHASE + process]! < Phase.saysHello || !isAble(state, process, settings)) continue
    for (let id = 0; id < IDS; id += 1) {
      const entry = state[ENTRY + id]
      const isKnown = ((state[KNOWS_GONE + process]! >> id) & 1) === 1
      if (isKnown || (entry !== Entry.left && (entry !== Entry.expired || !isGone(state, id)))) continue
      const next = changed(state)
      next[KNOWS_GONE + process]! |= 1 << id
      next[MET + process]! |= 1 << id
      emit(`${serverName(state, process)} has seen ${idName(id)} gone for a lease`, next, false)
    }
  }
}
