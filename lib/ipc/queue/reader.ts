import type { DeadLetters } from '../dead-letters.ts'
import type { WaitOptions } from '../options.ts'
import type { ProcessOptions, ReliableProcessOptions } from '../reader/process-options.ts'
import type { ReliableTask, Task } from './task.ts'

/**
 * Reads tasks from a queue. It connects on first use.
 *
 * A `for await` loop yields one task after the other until the reader is closed. It continues while
 * Redis cannot be reached, which is reported to `onError`. Invalid tasks are reported there too.
 */
export interface QueueReader<T> extends AsyncIterable<Task<T>>, AsyncDisposable {
  /** The queue's name, which is also the name of its list. */
  readonly name: string
  /**
   * Returns the oldest task without waiting; undefined if there is none.
   * @throws InvalidDataError when it was not a valid task; it is removed
   * @throws DeliveryUnknownError when the connection broke: a task may have been taken, and is then
   * lost
   * @throws ConnectionError, WrongTypeError, ClosedError
   * @see https://redis.io/docs/latest/commands/rpop/
   */
  next(): Promise<Task<T> | undefined>
  /**
   * Waits for the oldest task; returns undefined if none came in time. The reader that has waited
   * longest is served first.
   * @throws InvalidDataError when it was not a valid task; it is removed
   * @throws ConnectionError when Redis cannot be reached, or could not at the time-out
   * @throws WrongTypeError, ClosedError, the signal's reason
   */
  bNext(options?: WaitOptions): Promise<Task<T> | undefined>
  /** Returns how many tasks wait, without delayed ones and those in flight. */
  len(): Promise<number>
  /**
   * Runs a handler for each task, several at once. If it throws, `onError` gets the error and the
   * task is lost. Resolves once `signal` has fired or the reader is closed, and running handlers
   * have ended.
   * @throws WrongTypeError, InvalidOptionError, ClosedError
   */
  process(handler: (task: Task<T>) => unknown, options?: ProcessOptions): Promise<void>
  /**
   * Takes no more tasks, waits up to `drainTimeoutMs` for running handlers, and disconnects. Waits
   * are rejected with `ClosedError`.
   */
  close(): Promise<void>
}

/**
 * A reader whose tasks stay in Redis until they are acknowledged; `docs/ipc.md` explains what
 * happens to them and when.
 */
export interface ReliableReadQueue<T> extends QueueReader<T>, AsyncIterable<ReliableTask<T>> {
  /** Tasks that failed too often, and invalid ones. */
  readonly deadLetters: DeadLetters
  /** Like a plain reader, but an invalid task becomes a dead letter, and the next one is taken. */
  next(): Promise<ReliableTask<T> | undefined>
  /** Like a plain reader, but an invalid task becomes a dead letter, and the wait continues. */
  bNext(options?: WaitOptions): Promise<ReliableTask<T> | undefined>
  /**
   * Runs a handler for each task, several at once. If the handler returns, the task is
   * acknowledged; if it throws, the task is returned. Neither happens if the handler settled the
   * task itself. Resolves once `signal` has fired or the reader is closed, and running handlers
   * have ended.
   * @throws WrongTypeError, UnsupportedError, InvalidOptionError, ClosedError
   */
  process(handler: (task: ReliableTask<T>) => unknown, options?: ReliableProcessOptions): Promise<void>
  /** Like a plain reader; unacknowledged tasks go back to the front of the queue. */
  close(): Promise<void>
  [Symbol.asyncIterator](): AsyncIterator<ReliableTask<T>, void>
}
