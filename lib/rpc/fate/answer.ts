/**
 * The answer of a server to `rpc.ask`: what it knows about the calls with these ids, which the
 * asking client has sent.
 */
import { ProtocolError } from '../../errors.ts'
import type { MetServer } from '../presence/met-servers.ts'
import type { Testimony } from './judge.ts'

/** How many ids one question may name. */
export const MOST_IDS = 1_000
/** How many servers one answer may name. */
const MOST_MET = 2_000

/** The answer, as it is sent. An id in none of the lists is unknown to the server. */
export interface Answer {
  readonly running: readonly number[]
  /** Calls that have ended; their replies were sent again. */
  readonly answered: readonly number[]
  /** Calls that have ended; their replies are no longer kept. */
  readonly done: readonly number[]
  readonly forgotten: readonly number[]
  /** How far back its memory reaches, in ms; null: it has forgotten nothing. */
  readonly reachMs: number | null
  /** During how many ms until now it would have noticed every other server that came and went. */
  readonly gaplessMs: number
  /** How long until it can say so, in ms. */
  readonly settlesMs: number
  readonly met: readonly MetServer[]
}

/** Reads an answer from the wire; undefined if it is invalid. */
export function readAnswer(value: unknown): Answer | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { running, answered, done, forgotten, reachMs, gaplessMs, settlesMs, met } = value as Partial<
    Record<keyof Answer, unknown>
  >
  if (![running, answered, done, forgotten].every(areIds)) return undefined
  if (reachMs !== null && !isTime(reachMs)) return undefined
  if (!isTime(gaplessMs) || !isTime(settlesMs) || !Array.isArray(met) || met.length > MOST_MET || !met.every(isMet))
    return undefined
  return value as Answer
}

/**
 * Infinite is allowed. NaN is not: since no age compares with it, its sender would vouch for calls
 * that it has forgotten.
 */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(value)
}

function areIds(value: unknown): boolean {
  return Array.isArray(value) && value.length <= MOST_IDS && value.every(Number.isSafeInteger)
}

function isMet(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 3) return false
  const [id, helloMs, goneMs] = value as readonly unknown[]
  return typeof id === 'string' && /^[\w-]{12}$/.test(id) && Number.isFinite(helloMs) && Number.isFinite(goneMs)
}

/** The ids in a question or a notice. @throws ProtocolError */
export function idsIn(value: unknown): readonly number[] {
  if (Array.isArray(value) && value.every(Number.isSafeInteger)) return value as number[]
  throw new ProtocolError('the ids are not an array of whole numbers')
}

/** What an answer says about one call, given how long before the answer it was sent. */
export function testimonyOf(answer: Answer, id: number, ageMs: number): Testimony {
  if (answer.running.includes(id)) return 'running'
  if (answer.answered.includes(id)) return 'answered'
  if (answer.done.includes(id)) return 'done'
  if (answer.forgotten.includes(id) || (answer.reachMs !== null && answer.reachMs < ageMs)) return 'forgotten'
  return answer.gaplessMs < ageMs ? 'unknown-here' : 'unknown'
}
