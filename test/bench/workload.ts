import { backlog } from './backlog/workload.ts'
import { callback } from './callback/workload.ts'
import type { ContenderName } from './contenders/index.ts'
import { echo } from './echo/workload.ts'
import { large } from './large/workload.ts'
import { ownTurn } from './own-turn/workload.ts'
import { pipeline } from './pipeline/workload.ts'
import { smallObject } from './small-object/workload.ts'
import { stream } from './stream/workload.ts'

/** What is asked of every contender. Each workload has a folder. */
export interface Workload {
  readonly name: string
  readonly about: string
  /** Who takes part unless `--contenders` says otherwise. */
  readonly contenders: readonly ContenderName[]
  /** Whose median latency with one call in flight the others' is compared with. @defaultValue raw4 */
  readonly base?: ContenderName
  /** Calls in flight, a case each, unless `--in-flight` says otherwise. */
  readonly inFlight: readonly number[]
  /** Starts each call in an event-loop turn of its own, as unrelated callers would. */
  readonly ownTurn?: boolean
  /** Requests that stand on the list before a server comes and no client waits for; then nothing is in flight. */
  readonly backlog?: number
  /** The argument of the n-th call. */
  payload(n: number): unknown
  /** Whether `got` is the answer to `sent`. */
  isAnswer(sent: unknown, got: unknown): boolean
}

export const workloads: readonly Workload[] = [echo, ownTurn, smallObject, large, backlog, pipeline, stream, callback]
