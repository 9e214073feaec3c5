/** What a server answers to `rpc.ask`: what it knows of the calls with these ids, which the asking client has sent. */
import { ProtocolError } from '../errors.ts'
import type { Testimony } from './judge.ts'
import type { MetServer } from './met-servers.ts'

/** How many ids one question may name. */
export const MOST_IDS = 1_000
/** How many servers one answer may name. */
const MOST_MET = 2_000

/** The answer, as it travels. What none of the lists names is unknown to the server. */
export interface Answer {
  readonly running: readonly number[]
  /** They have ended, and their replies were sent again. */
  readonly answered: readonly number[]
  /** They have ended, and their replies are no longer kept. */
  readonly done: readonly number[]
  readonly forgotten: readonly number[]
  /** How far back its memory reaches, in ms; null: nothing was ever forgotten. */
  readonly reachMs: number | null
  /** How far back no other server can have come and gone unseen by it, in ms. */
  readonly gaplessMs: number
  /** How long it will be until it can say so at all, in ms. */
  readonly settlesMs: number
  readonly met: readonly MetServer[]
}

/** Reads an answer that came over the wire; undefined when it is none. */
export function readAnswer(value: unknown): Answer | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { running, answered, done, forgotten, reachMs, gaplessMs, settlesMs, met } = value as Partial<
    Record<keyof Answer, unknown>
  >
  if (![running, answered, done, forgotten].every(areIds)) return undefined
  if (reachMs !== null && typeof reachMs !== 'number') return undefined
  if (
    typeof gaplessMs !== 'number' ||
    typeof settlesMs !== 'number' ||
    !Array.isArray(met) ||
    met.length > MOST_MET ||
    !met.every(isMet)
  )
    return undefined
  return value as Answer
}

function areIds(value: unknown): boolean {
  return Array.isArray(value) && value.length <= MOST_IDS && value.every(Number.isSafeInteger)
}

function isMet(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 3) return false
  const [id, helloMs, goneMs] = value as readonly unknown[]
  return typeof id === 'string' && /^[\w-]{12}$/.test(id) && Number.isFinite(helloMs) && Number.isFinite(goneMs)
}

/** The ids that a question or a notice names. @throws ProtocolError */
export function idsIn(value: unknown): readonly number[] {
  if (Array.isArray(value) && value.every(Number.isSafeInteger)) return value as number[]
  throw new ProtocolError('the ids are not an array of whole numbers')
}

/** What an answer says of one call that was sent so long before the answer came. */
export function testimonyOf(answer: Answer, id: number, ageMs: number): Testimony {
  if (answer.running.includes(id)) return 'running'
  if (answer.answered.includes(id)) return 'answered'
  if (answer.done.includes(id)) return 'done'
  if (answer.forgotten.includes(id) || (answer.reachMs !== null && answer.reachMs < ageMs)) return 'forgotten'
  return answer.gaplessMs < ageMs ? 'unknown-here' : 'unknown'
}
