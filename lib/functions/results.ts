import { MessageTooLargeError, ProtocolError, WrongTypeError } from '../errors.ts'
import type { Link } from '../link/link.ts'
import type { PushedMessage } from '../link/outbox.ts'
import type { PendingCall } from '../link/pending-call.ts'
import { ReplyLists } from '../link/reply-lists.ts'
import type { RedisAddress } from '../link/source.ts'
import type { FunctionClientSettings } from './client-options.ts'
import { type FunctionResult, readResult } from './message.ts'

export type ResultWait = PendingCall<FunctionResult>

/** How long a result that is put back stays in Redis, in ms: the same as in the originals. */
const PUT_BACK_EXPIRE_MS = 120_000
/** How many lists with unwanted results are remembered. */
const MOST_UNWANTED = 10_000

/** Waits for results for all calls of a client; several may wait for the same result. */
export class Results {
  readonly #settings: FunctionClientSettings
  readonly #replies: ReplyLists
  readonly #waits = new Map<string, ResultWait[]>()
  readonly #unwanted = new Set<string>()
  /** Results that are being put back. */
  readonly #putBack = new Set<string>()
  #late = 0
  #junk = 0

  constructor(address: RedisAddress, settings: FunctionClientSettings) {
    this.#settings = settings
    this.#replies = new ReplyLists(address, {
      home: settings.prefix,
      onReply: (list, text) => this.#take(list, text),
      onWrongType: (list, type) => this.#fail(list, () => new WrongTypeError(list, 'list', type)),
      onError: settings.onError,
      expireMs: (list) => (this.#putBack.has(list) ? PUT_BACK_EXPIRE_MS : settings.requestExpireMs),
      atomicExpiry: true,
      connectTimeoutMs: settings.connectTimeoutMs,
      clock: settings.clock,
    })
  }

  get link(): Link {
    return this.#replies.link
  }

  /** Results that arrived after their call had timed out or been aborted. */
  get late(): number {
    return this.#late
  }

  /** Messages that were not valid results. */
  get junk(): number {
    return this.#junk
  }

  /** Starts waiting. */
  expect(list: string, wait: ResultWait): void {
    const waits = this.#waits.get(list)
    if (waits !== undefined) waits.push(wait)
    else {
      this.#waits.set(list, [wait])
      this.#replies.expect(list)
    }
  }

  /** Stops waiting. @returns whether it was still waiting */
  forget(list: string, wait: ResultWait): boolean {
    const waits = this.#waits.get(list)
    const index = waits?.indexOf(wait) ?? -1
    if (waits === undefined || index === -1) return false
    waits.splice(index, 1)
    if (waits.length === 0) {
      this.#waits.delete(list)
      this.#replies.forget(list)
    }
    return true
  }

  /** Marks a result that will never be requested. */
  discard(list: string): void {
    // The results of forgotten lists are put back if they arrive, and expire.
    if (this.#unwanted.size === MOST_UNWANTED) this.#unwanted.clear()
    this.#unwanted.add(list)
  }

  close(): Promise<void> {
    return this.#replies.close()
  }

  #take(list: string, text: string): void {
    const waits = this.#settle(list)
    if (waits === undefined) return this.#takeLate(list, text)
    let result: FunctionResult
    try {
      result = readResult(text, this.#settings)
    } catch (error) {
      this.#junk++
      for (const wait of waits) wait.fail(() => unreadable(wait.operation, error as Error))
      return
    }
    for (const wait of waits) wait.answer(result)
  }

  #fail(list: string, makeError: () => Error): void {
    for (const wait of this.#settle(list) ?? []) wait.fail(makeError)
  }

  #settle(list: string): readonly ResultWait[] | undefined {
    const waits = this.#waits.get(list)
    this.#waits.delete(list)
    return waits
  }

  /**
   * The pop that returned it was in flight when the call ended. Anyone who knows its id may
   * still ask for it.
   */
  #takeLate(list: string, text: string): void {
    this.#late++
    if (this.#unwanted.delete(list)) return
    this.#putBack.add(list)
    const result: PushedMessage = {
      text,
      cancelled: false,
      delivered: () => this.#putBack.delete(list),
      undelivered: (error) => {
        this.#putBack.delete(list)
        this.#settings.onError(error)
      },
    }
    this.link.outbox.push(list, result)
  }
}

function unreadable(name: string, error: Error): Error {
  if (error instanceof MessageTooLargeError) return error
  return new ProtocolError(`the result of ${name} could not be read: ${error.message}`, { cause: error })
}
