import type { DeadLetters } from '../dead-letters.ts'
import type { WaitOptions } from '../options.ts'
import type { ProcessOptions, ReliableProcessOptions } from '../reader/process-options.ts'
import type { ReliableTask, Task } from './task.ts'

/**
 * The end of a task queue that takes. It connects with the first use.
 *
 * A `for await` gives one task after the other until the reader is closed. It goes on while Redis cannot be reached, which
 * `onError` hears of; what is no task is told there too.
 */
export interface QueueReader<T> extends AsyncIterable<Task<T>>, AsyncDisposable {
  /** The queue's name, which is its list's. */
  readonly name: string
  /**
   * The oldest task, at once; undefined when there is none.
   * @throws InvalidDataError what was there is no task; it is gone
   * @throws DeliveryUnknownError the connection broke: a task may have been taken, and is lost then
   * @throws ConnectionError, WrongTypeError, ClosedError
   * @see https://redis.io/docs/latest/commands/rpop/
   */
  next(): Promise<Task<T> | undefined>
  /**
   * The oldest task, as soon as there is one; undefined when none came in time. Who waits longest is served first.
   * @throws InvalidDataError what came is no task; it is gone
   * @throws ConnectionError Redis cannot be reached, or could not when the time was over
   * @throws WrongTypeError, ClosedError, the signal's reason
   */
  bNext(options?: WaitOptions): Promise<Task<T> | undefined>
  /** How many tasks wait, without delayed ones and those that a worker holds. */
  len(): Promise<number>
  /**
   * Runs a handler on each task, several at once. What it throws goes to `onError`; the task is gone.
   * Resolves once `signal` fired or the reader was closed, and the handlers that ran have ended.
   * @throws WrongTypeError, InvalidOptionError, ClosedError
   */
  process(handler: (task: Task<T>) => unknown, options?: ProcessOptions): Promise<void>
  /** Takes no more, waits up to `drainTimeoutMs` for handlers that run, and disconnects. Waits are rejected with `ClosedError`. */
  close(): Promise<void>
}

/** A reader whose tasks stay in Redis until they are acknowledged; see `docs/ipc.md` for what becomes of them when. */
export interface ReliableReadQueue<T> extends QueueReader<T>, AsyncIterable<ReliableTask<T>> {
  /** What failed too often or was no task at all. */
  readonly deadLetters: DeadLetters
  /** As with a plain reader, but what is no task goes to the dead letters, and the next one is taken. */
  next(): Promise<ReliableTask<T> | undefined>
  /** As with a plain reader, but what is no task goes to the dead letters, and the wait goes on. */
  bNext(options?: WaitOptions): Promise<ReliableTask<T> | undefined>
  /**
   * Runs a handler on each task, several at once. A task whose handler returns is acknowledged, one whose handler throws is sent
   * back, unless the handler has done either itself.
   * Resolves once `signal` fired or the reader was closed, and the handlers that ran have ended.
   * @throws WrongTypeError, UnsupportedError, InvalidOptionError, ClosedError
   */
  process(handler: (task: ReliableTask<T>) => unknown, options?: ReliableProcessOptions): Promise<void>
  /** As with a plain reader; what is not acknowledged goes back to the front of the queue. */
  close(): Promise<void>
  [Symbol.asyncIterator](): AsyncIterator<ReliableTask<T>, void>
}
