/** How the client asks after calls, and what it makes of the answers. */
import { type AskedCall, judge, type SeenServer, type Testimony, type Verdict } from '../../lib/rpc/fate/judge.ts'
import { deliver, end, leaveRound, PUSHES, rememberView } from './client-calls.ts'
import { look } from './client-view.ts'
import { type Emit, Violation } from './explore.ts'
import type { Rules, Settings } from './rules.ts'
import {
  ASKED,
  at,
  CALLS,
  COPIES,
  FAULTS,
  GONE,
  HELLO,
  IDS,
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
} from './state.ts'
import { callName, changed, idName, type Steps } from './step.ts'

/**
 * A round of questions. Its first look at the list is R6's (b); (a) only saves work, and to leave it out allows more.
 * All unanswered calls are asked after, or one of them.
 */
export const ask: Steps = (state, settings, emit) => {
  if (state[ROUND] === 0) {
    for (const calls of [[0, 1], [0], [1]]) lookAtList(state, calls, settings, emit)
  } else if (state[ROUND] === 1) {
    const next = changed(state)
    next[ROUND] = 2
    look(next)
    for (let process = 0; process < PROCESSES; process += 1) if (next[HELLO + process] === 1) next[HELLO + process] = 2
    emit('the client looks at the table and asks the servers', next, false)
  } else {
    endRound(state, settings, emit)
  }
}

function lookAtList(state: State, calls: number[], { rules }: Settings, emit: Emit): void {
  if (calls.some((call) => state[at(call, STATUS)] !== Status.pending)) return
  const next = changed(state)
  let isNone = true
  for (const call of calls) {
    if (state[at(call, COPIES)] !== 0 && rules.looksAtList && rules.asksAfterList) continue
    isNone = false
    next[at(call, ASKED)] = 1
    next[at(call, SETTLED)] = isPushSettled(state, call, rules)
  }
  if (isNone) return
  next[ROUND] = 1
  emit(`the client asks after ${calls.map(callName).join(', ')}: not on the list`, next, false)
}

function isPushSettled(state: State, call: number, rules: Rules): 0 | 1 {
  return state[at(call, LINGERS)] === 0 || !rules.endsConnection ? 1 : 0
}

/** The verdict on each call of the round. It may come at any time: a question that is not answered times out. */
function endRound(state: State, settings: Settings, emit: Emit): void {
  const verdicts: Verdict[] = []
  for (let call = 0; call < CALLS; call += 1)
    verdicts.push(state[at(call, ASKED)] === 1 ? verdictOn(state, call, settings) : 'wait')
  const resends = verdicts.includes('resend')
  const mayBreak = resends && settings.faults.clientPush && state[FAULTS]! > 0
  for (const push of mayBreak ? ([0, 1, 2] as const) : ([0] as const)) {
    const next = changed(state)
    const texts: string[] = []
    for (let call = 0; call < CALLS; call += 1) {
      const verdict = verdicts[call]!
      if (state[at(call, ASKED)] === 0) continue
      leaveRound(next, call)
      if (verdict === 'resend') {
        rememberView(next, call, settings)
        deliver(next, call, push)
      } else if (verdict !== 'wait') {
        if (settings.expectsValues) throw new Violation(`${callName(call)} ends without its value: ${verdict} (I3)`)
        end(next, call)
      }
      texts.push(`${callName(call)}: ${verdict}`)
    }
    next[ROUND] = 0
    if (push !== 0) next[FAULTS]! -= 1
    emit(
      push === 0 ? `verdict ${texts.join(', ')}` : `verdict ${texts.join(', ')}, which ${PUSHES[push]}`,
      next,
      push !== 0,
    )
  }
}

const VIEW_STATES = ['missing', 'live', 'missing', 'left', 'lost', 'lost', 'lost'] as const

function verdictOn(state: State, call: number, { rules, isRepeatable }: Settings): Verdict {
  if (!rules.asksAfterList && state[at(call, COPIES)] !== 0) return 'wait'
  // Looks are counted from the call's own: what was before it is 1, what came later is 2.
  const asked: AskedCall = {
    look: 1,
    isPushSettled: (rules.endsConnectionFirst ? state[at(call, SETTLED)] : isPushSettled(state, call, rules)) === 1,
    sentAt: 0,
    isRepeatable,
  }
  const servers: SeenServer[] = []
  const testimonies = new Map<string, Testimony>()
  for (let id = 0; id < IDS; id += 1) {
    const view = state[VIEW + id]!
    if (view === View.unseen) continue
    const said = state[at(call, SAID + id)]!
    if (said === Said.nothing && !rules.complete) continue
    const name = idName(id)
    const isSeen = (state[at(call, SEEN)]! >> id) & 1 || !rules.witness
    const isKnownGone = (state[at(call, GONE)]! >> id) & 1
    servers.push({
      id: name,
      state: VIEW_STATES[view]!,
      firstLook: isSeen ? 1 : 2,
      goneLook: isKnownGone ? 1 : 2,
      goneAt: Number.POSITIVE_INFINITY,
    })
    const testimony = TESTIMONIES[said]
    if (testimony !== undefined) testimonies.set(name, testimony)
  }
  return judge(asked, servers, testimonies)
}

const TESTIMONIES: readonly (Testimony | undefined)[] = [undefined, 'unknown', 'unknown-here', 'forgotten', 'done']
