import { InvalidDataError } from '../../errors.ts'
import type { Metadata } from '../../wire/metadata.ts'
import type { Contents } from '../content.ts'
import type { Acknowledgeable } from '../reader/delivery.ts'

/** A task that was taken from the queue. */
export interface Task<T> {
  /** Assigned when it was published. */
  readonly uuid: string
  readonly content: T
  /** Strings that are sent with the content, such as a trace context; may be empty. */
  readonly metadata: Readonly<Record<string, string>>
}

/** A task that stays in Redis until it is acknowledged. */
export interface ReliableTask<T> extends Task<T>, Acknowledgeable {
  /**
   * Restarts the visibility time-out, for a handler that needs more time.
   * @param timeoutMs from now; by default the reader's `visibilityTimeoutMs`
   * @throws InvalidOptionError
   */
  extend(timeoutMs?: number): void
}

/** Text of a task. @throws SerializationError, MessageTooLargeError */
export function taskText<T>(uuid: string, content: T, contents: Contents<T>, metadata?: Metadata): string {
  return contents.envelopeText(`{"uuid":"${uuid}",`, content, metadata)
}

/** @throws InvalidDataError when it is not a task */
export function readTask<T>(text: string, key: string, contents: Contents<T>): Task<T> {
  const envelope = contents.readEnvelope(text, { key })
  const uuid = Object.hasOwn(envelope, 'uuid') ? envelope.uuid : undefined
  if (typeof uuid !== 'string' || uuid === '') throw new InvalidDataError(key, undefined, 'it has no uuid')
  const content = contents.contentOf(envelope, { key, id: uuid })
  return { uuid, content, metadata: contents.metadataOf(envelope) }
}

const ATTEMPTS = ',"attempts":'
const ATTEMPTS_AT_END = /,"attempts":(\d{1,15})\}\s*$/
const LONGEST_END = 64

/** How many attempts at a task have failed; the number is at the end of the text. */
export function failedAttempts(text: string): number {
  // Most tasks have none, and this runs for each task.
  if (text.indexOf(ATTEMPTS, Math.max(0, text.length - LONGEST_END)) === -1) return 0
  const end = ATTEMPTS_AT_END.exec(text.slice(-LONGEST_END))
  return end === null ? 0 : Number(end[1])
}
