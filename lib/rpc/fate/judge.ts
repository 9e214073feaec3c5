/**
 * Decides what becomes of a call after it was looked for everywhere. Pure functions: the model in
 * `test/model` runs them too. The rules R5 to R12 are those of `docs/delivery.md`.
 */

/**
 * What the client knows about a server that it has seen at some time. Looks at the table of servers
 * are counted from 1.
 */
export interface SeenServer {
  readonly id: string
  /** The first look that showed it. */
  readonly firstLook: number
  /**
   * `live`: its lease is valid. `missing`: it is not in the table, which may have been emptied.
   * `left`: it closed normally. `lost`: its lease expired, or it has been missing for longer than a
   * lease.
   */
  readonly state: 'live' | 'missing' | 'left' | 'lost'
  /**
   * The look that showed that it had left, or that its lease was not renewed for a whole lease on
   * the client's own clock, because Redis's clock may be wrong. Infinity: none.
   */
  readonly goneLook: number
  /**
   * When it was certainly gone, on the client's clock, according to another server; Infinity:
   * unknown.
   */
  readonly goneAt: number
}

/** The statement of a server about one call. */
export type Testimony =
  /** It runs, or was popped and will run. */
  | 'running'
  /** It has ended, and its reply was sent again. */
  | 'answered'
  /** It has ended, and its reply is no longer kept. */
  | 'done'
  /** This server never popped it, and has met every other server since the call was sent. */
  | 'unknown'
  /** This server never popped it, but other servers may have come and gone unnoticed. */
  | 'unknown-here'
  /** This server may have popped it: its memory does not reach back far enough. */
  | 'forgotten'

/** A call that the client asks about. */
export interface AskedCall {
  /** How many looks were complete when it was sent. */
  readonly look: number
  /** When it was sent, on the client's clock. */
  readonly sentAt: number
  /**
   * False while a push of it may still be in flight to Redis: its connection broke, and could not
   * be ended at Redis.
   */
  readonly isPushSettled: boolean
  /** Whether running it twice is allowed. */
  readonly isRepeatable: boolean
}

/** What to do with a call. */
export type Verdict =
  /** A server has it, or may still say something. */
  | 'wait'
  /** No server ran it, or it may run twice. */
  | 'resend'
  /** It ran and its reply is gone; or a server that left may have run it. */
  | 'answer-lost'
  /** A server that died may have run it. */
  | 'server-lost'

/** Rule R7: the client knew that the server was gone before the call was sent. */
function isExcused(server: SeenServer, call: AskedCall): boolean {
  if (server.state !== 'left' && server.state !== 'lost') return false
  return server.goneLook <= call.look || server.goneAt < call.sentAt
}

/** Rule R8: it was there before the call was sent, so it has met every server that came later. */
function isWitness(server: SeenServer, call: AskedCall): boolean {
  return server.firstLook <= call.look
}

/**
 * Decides about a call after the second round of questions (rule R6); it is not in the list.
 * @param servers all servers that the client has seen or heard of
 * @param testimonies by server id, only of servers that have answered
 */
export function judge(
  call: AskedCall,
  servers: Iterable<SeenServer>,
  testimonies: ReadonlyMap<string, Testimony>,
): Verdict {
  let hasWitness = false
  let isRunning = false
  let isDone = false
  let isOpen = false
  let isForgotten = false
  let mayHaveLeft = false
  let mayBeLost = false
  for (const server of servers) {
    const testimony = testimonies.get(server.id)
    if (testimony === 'running' || testimony === 'answered') isRunning = true
    else if (testimony === 'done') isDone = true
    else if (testimony === 'unknown') hasWitness ||= isWitness(server, call)
    else if (testimony === 'unknown-here') continue
    else if (isExcused(server, call)) continue
    else if (testimony === 'forgotten') isForgotten = true
    else if (server.state === 'lost') mayBeLost = true
    else if (server.state === 'left') mayHaveLeft = true
    else isOpen = true
  }
  // Servers that have it or have not answered come first: the call may still get its value.
  if (isRunning || isOpen) return 'wait'
  if (call.isRepeatable) return 'resend'
  if (isDone) return 'answer-lost'
  if (mayBeLost) return 'server-lost'
  if (mayHaveLeft) return 'answer-lost'
  return hasWitness && !isForgotten && call.isPushSettled ? 'resend' : 'wait'
}
