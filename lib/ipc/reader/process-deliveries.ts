import { callback } from '../../util/options.ts'
import { isThenable } from '../../util/running.ts'
import { thrownText } from '../../wire/thrown.ts'
import { around, type Handled, type Handlers } from '../middleware.ts'
import type { Delivery } from './delivery.ts'
import type { Fetcher } from './fetcher.ts'
import { checkProcessOptions, type ReliableProcessOptions } from './process-options.ts'
import type { Reader } from './reader.ts'

/** How a reader runs handlers. */
export interface ProcessOfReader<D> {
  readonly handlers: Handlers<D>
  readonly onError: (error: Error) => void
  /** The longest wait after a handler threw. */
  readonly longestDelayMs?: number
}

/**
 * Runs a handler for deliveries. It acknowledges a delivery when the handler returns, returns it
 * when the handler throws, and does neither if the handler did. It does not wait for
 * acknowledgements: an unconfirmed one must not delay the next delivery.
 */
export async function processDeliveries<R, D extends Delivery & Handled>(
  reader: Reader<D, Fetcher<R, D>>,
  handler: (delivery: D) => unknown,
  options: ReliableProcessOptions,
  { handlers, onError, longestDelayMs = Number.POSITIVE_INFINITY }: ProcessOfReader<D>,
): Promise<void> {
  const { concurrency, signal, retryDelayMs } = checkProcessOptions(options, ['retryDelayMs'])
  callback('handler', handler, handler)
  const sendBack = async (delivery: D, thrown: unknown): Promise<void> => {
    if (!delivery.isUnacknowledged) return
    try {
      const delayMs = Math.min(retryDelayMs(delivery.attempt), longestDelayMs)
      await delivery.nack({ reason: thrownText(thrown), delayMs })
    } catch (error) {
      onError(error as Error)
    }
  }
  const wrapped = around(handlers, handler)
  await reader.process({ concurrency, signal, handle: (delivery) => handle(delivery, wrapped, sendBack) })
  await reader.feed.settled()
}

/** @returns undefined if it has already ended */
function handle<D extends Delivery>(
  delivery: D,
  handler: (delivery: D) => unknown,
  sendBack: (delivery: D, thrown: unknown) => Promise<void>,
): Promise<void> | undefined {
  try {
    const result = handler(delivery)
    if (isThenable(result)) {
      return Promise.resolve(result).then(
        () => delivery.done(),
        (thrown: unknown) => sendBack(delivery, thrown),
      )
    }
    delivery.done()
    return undefined
  } catch (thrown) {
    return sendBack(delivery, thrown)
  }
}
