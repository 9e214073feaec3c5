/**
 * The rules of `docs/delivery.md` that the model obeys, each of which can be dropped to see what breaks without it.
 * With all of them true the model is the protocol.
 */
export interface Rules {
  /** R1: a server is in the table before it pops the service's list. */
  readonly registersFirst: boolean
  /** R2: a starting server waits until the live servers know of it. */
  readonly saysHello: boolean
  /** R2: it takes another's lease as run out only if the entry did not change for a lease of its own clock. */
  readonly helloWaitsForALease: boolean
  /** R2: it does not take a server for dead because none of its connections exists. */
  readonly helloIgnoresConnections: boolean
  /** R2: it registers and looks in one transaction, so that no FLUSHALL comes between. */
  readonly looksAtOnce: boolean
  /** R8: a server is a witness only once its entry has been in the table for a lease. */
  readonly vouches: boolean
  /** R8: and for calls that were sent after it had been there for a lease. */
  readonly vouchesBefore: boolean
  /** R2: it says hello at each renewal until that is acknowledged, also when it pops already. */
  readonly helloRepeats: boolean
  /** R8: in a new life of Redis it has to be there for a lease again, though its entry may have come back. */
  readonly vouchesAnew: boolean
  /** R8: one that starts vouches after a lease too, though the table shows another, or Redis says that there is none. */
  readonly vouchesLater: boolean
  /** R3: a server whose lease ran out does nothing until it has renewed it and said hello again. */
  readonly ownLease: boolean
  /** R3: what it had popped by then it does not begin. */
  readonly dropsPopped: boolean
  /** R4: what was popped before a question arrives before it. */
  readonly order: boolean
  /** R5: the connection of a push of unknown fate is ended at Redis. */
  readonly endsConnection: boolean
  /** R5: and before the client looks at the list. */
  readonly endsConnectionFirst: boolean
  /** R6: what stands on the list is not sent again. */
  readonly looksAtList: boolean
  /** R6: the servers are asked after the look at the list. */
  readonly asksAfterList: boolean
  /** R7: every server that was seen must say that it does not know the call. */
  readonly complete: boolean
  /** R7: and every server that an answering one has met. */
  readonly met: boolean
  /**
   * R7: what an answering server knows to be gone since before the call is excused. It multiplies the states by four and
   * concerns each call alone, so the search with two calls and three faults leaves it out.
   */
  readonly tellsGone: boolean
  /** R7: a lost server is excused only after its entry did not change for a lease of the client's clock. */
  readonly excusesAfterALease: boolean
  /** R8: one of those that say so was there before the call. */
  readonly witness: boolean
  /** R9: a memory that does not reach back to the call counts for nothing. */
  readonly memory: boolean
  /** R13: a request of another life of Redis is not run. */
  readonly checksLife: boolean
}

export const ALL_RULES: Rules = {
  registersFirst: true,
  saysHello: true,
  helloWaitsForALease: false,
  helloIgnoresConnections: false,
  helloRepeats: true,
  looksAtOnce: true,
  vouches: true,
  vouchesBefore: true,
  vouchesAnew: true,
  vouchesLater: true,
  ownLease: true,
  dropsPopped: true,
  order: true,
  endsConnection: true,
  endsConnectionFirst: true,
  looksAtList: true,
  asksAfterList: true,
  complete: true,
  met: true,
  tellsGone: true,
  excusesAfterALease: true,
  witness: true,
  memory: true,
  checksLife: true,
}

/** What may go wrong. Each costs one fault. */
export interface Faults {
  /** The connection that pushes requests breaks: what was written is lost, or lingers and is executed later. */
  readonly clientPush: boolean
  /** The connection that pops replies breaks: what was popped is lost. */
  readonly clientPop: boolean
  /** A server's popping connection breaks: what was popped is lost. */
  readonly serverPop: boolean
  readonly kill: boolean
  /** A server is paused, or cut off, for longer than its lease. */
  readonly stall: boolean
  readonly leave: boolean
  /** A server starts late, or again. */
  readonly start: boolean
  readonly flush: boolean
  /** Redis restarts empty, or with earlier data, as after a failover. */
  readonly restart: boolean
  /** Redis's clock jumps, and live leases look as if they had run out. */
  readonly jump: boolean
  /** A server's memory of ended calls is overwritten. */
  readonly overwrite: boolean
}

export const ALL_FAULTS: Faults = {
  clientPush: true,
  clientPop: true,
  serverPop: true,
  kill: true,
  stall: true,
  leave: true,
  start: true,
  flush: true,
  restart: true,
  jump: true,
  overwrite: true,
}

/** Those that I3 promises to survive: no server dies, leaves or stalls. */
export const HARMLESS_FAULTS: Faults = {
  ...ALL_FAULTS,
  kill: false,
  stall: false,
  leave: false,
  jump: false,
  overwrite: false,
}

export interface Settings {
  readonly rules: Rules
  readonly faults: Faults
  readonly budget: number
  readonly calls: 1 | 2
  /** How the servers begin: both ready, the second off, or both about to start. */
  readonly start: 'ready' | 'one' | 'both-start'
  /** Whether the client has seen the servers before its first call. */
  readonly hasLooked: boolean
  /** Whether calls may run twice. */
  readonly isRepeatable: boolean
  /** Whether an error instead of a value is a violation (I3). */
  readonly expectsValues: boolean
  /** Whether states are tidied, and a pop and its arrival are one step. It should make no difference to what is found. */
  readonly isReduced: boolean
}
