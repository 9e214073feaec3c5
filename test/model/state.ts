/** A state of the model: small numbers in one array. */

export const PROCESSES = 2
/** Ids that one server process can take in turn. Three faults are enough for one restart. */
export const INCARNATIONS = 2
export const IDS: number = PROCESSES * INCARNATIONS
export const CALLS = 2

export type State = Uint8Array

/** Bits of each slot: what is there once, then those of one call. */
export const widths: number[] = []

function field(bits: number, count = 1): number {
  for (let i = 0; i < count; i += 1) widths.push(bits)
  return widths.length - count
}

// What is there once.
/** Faults that may still happen. */
export const FAULTS: number = field(2)
/** The client's round of questions: 0 none, 1 it looked at the list, 2 it looked at the table and asks. */
export const ROUND: number = field(2)
// A server process: `FIELD + process`.
/** See `Phase`. */
export const PHASE: number = field(2, PROCESSES)
/** Which of its ids the process has, or had last. */
export const INCARNATION: number = field(1, PROCESSES)
/** Its lease has run out by its own clock. */
export const EXPIRED: number = field(1, PROCESSES)
/** A pop of its old connection waits at Redis still, and may swallow requests. */
export const GHOST: number = field(1, PROCESSES)
/** Its last hello was acknowledged, or there was nobody to greet. */
export const GREETED: number = field(1, PROCESSES)
/** It heard of the other after the client had seen that one lost. */
export const HEARD: number = field(1, PROCESSES)
/** A hello waits on its own list: 1; 2: before the questions of this round. */
export const HELLO: number = field(2, PROCESSES)
/** The incarnation of the other process whose answer to its hello it waits for. */
export const AWAITED: number = field(1, PROCESSES)
/** Its entry has been in the table for a lease, so it knows of every other server that lives. */
export const VOUCHES: number = field(1, PROCESSES)
/** It did so at some time since it has its id. */
export const VOUCHED: number = field(1, PROCESSES)
/** Bits of the ids that it knows to be gone: they left, or their entry did not change for a lease of its own clock. */
export const KNOWS_GONE: number = field(IDS, PROCESSES)
/** Bits of the ids it has met. */
export const MET: number = field(IDS, PROCESSES)
// A server's id: `FIELD + id`.
/** See `Entry`. */
export const ENTRY: number = field(2, IDS)
/** See `View`. */
export const VIEW: number = field(3, IDS)
/** Its entry is another than the one that the client saw run out. */
export const RENEWED: number = field(1, IDS)
/** Its entry is another than the one that the other process took for gone. */
export const CHANGED: number = field(1, IDS)

/** Slots before those of the first call. */
export const GLOBALS: number = widths.length

// A call: `at(call, FIELD)`; the first 32 bits, then the rest.
/** See `Status`. */
export const STATUS: number = field(2) - GLOBALS
/** Copies on the list. */
export const COPIES: number = field(2) - GLOBALS
/** A copy that came back with an earlier state of Redis is on the list. Under R13 nobody runs it, so it is left out. */
export const RETURNED: number = field(1) - GLOBALS
/** A copy was on the list, and may come back. */
export const EVER: number = field(1) - GLOBALS
/** An old connection may still deliver a copy. */
export const LINGERS: number = field(1) - GLOBALS
/** Some server has begun it. */
export const BEGUN: number = field(1) - GLOBALS
/** Its value is in the client's inbox. */
export const INBOX: number = field(1) - GLOBALS
/** The round of questions is about it. */
export const ASKED: number = field(1) - GLOBALS
/** Its push was settled when the round began (R5). */
export const SETTLED: number = field(1) - GLOBALS
/** What a process remembers of it, see `Memory`: `+ process`. */
export const MEMORY: number = field(3, PROCESSES) - GLOBALS
/** A copy popped by a process is still on its way to it: `+ process`. */
export const FLIGHT: number = field(1, PROCESSES) - GLOBALS
/** Bits of the ids that the client had seen when it sent the call: `firstLook <= call.look`. */
export const SEEN: number = field(IDS) - GLOBALS
/** Bits of the ids that the client knew to be gone when it sent the call: `goneLook <= call.look`. */
export const GONE: number = field(IDS) - GLOBALS
/** What a process knew to be gone when the call was sent: `goneAt < sentAt`: `+ process`. */
export const KNEW_GONE: number = field(IDS, PROCESSES) - GLOBALS
/** What an id said in this round, see `Said`: `+ id`. */
export const SAID: number = field(3, IDS) - GLOBALS

export const CALL_FIELDS: number = widths.length - GLOBALS
export const SLOTS: number = GLOBALS + CALLS * CALL_FIELDS

export function at(call: number, slot: number): number {
  return GLOBALS + call * CALL_FIELDS + slot
}

/** What a server process does. */
export const Phase = { off: 0, booted: 1, saysHello: 2, pops: 3 } as const
/** What the table of servers says of an id. */
export const Entry = { absent: 0, live: 1, expired: 2, left: 3 } as const
/** What the client knows of an id. */
export const View = { unseen: 0, live: 1, missing: 2, left: 3, lost: 4, lostForALease: 5, missed: 6 } as const
export const Status = { unsent: 0, pending: 1, ended: 2 } as const
/** What a process remembers of a call. `overwritten`: its memory does not reach back to it. */
export const Memory = { none: 0, runs: 1, replied: 2, replyGone: 3, overwritten: 4 } as const
/** What a server said of a call in this round. `running` is not kept: the call leaves the round at once. */
export const Said = { nothing: 0, unknown: 1, unknownHere: 2, forgotten: 3, done: 4 } as const

export function id(process: number, incarnation: number): number {
  return process * INCARNATIONS + incarnation
}

export function currentId(state: State, process: number): number {
  return id(process, state[INCARNATION + process]!)
}
