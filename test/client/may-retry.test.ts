import { expect } from 'chai'
import {
  BusyError,
  type CallOptions,
  ConnectionError,
  NoServerError,
  ServerLostError,
  TimeoutError,
} from 'redis-object-rpc'
import type { Caller } from '../../lib/client/caller.ts'
import { baseCallOptions, checkCallOptions } from '../../lib/client/options.ts'
import { RetryingCaller } from '../../lib/client/retry.ts'
import { Codec } from '../../lib/wire/codec.ts'
import { decodeFailure, encodeFailure } from '../../lib/wire/failure.ts'
import { CountingClock } from '../helpers/counting-clock.ts'

const BASE = baseCallOptions({ timeoutMs: 60_000, retry: undefined })

/** The same error as the far method threw it. */
function remote(error: Error): unknown {
  const codec = new Codec()
  const { exception, error: record } = encodeFailure(error, codec, { exposeStacks: false })
  return decodeFailure({ exception, error: JSON.parse(record) }, codec)
}

/** Whether a call is made again after its first attempt ended so. */
async function isRetried(first: unknown, given: CallOptions = {}, isRepeatable = false): Promise<boolean> {
  let attempts = 0
  const inner: Pick<Caller, 'call' | 'isRepeatable'> = {
    call: () => (++attempts === 1 ? Promise.reject(first) : Promise.resolve()),
    isRepeatable: () => isRepeatable,
  }
  const caller = new RetryingCaller(inner as Caller, 'shop', new CountingClock())
  const options = checkCallOptions({ retry: { attempts: 2, delayMs: 0 }, ...given }, BASE)
  await caller.call('order', [], options).catch(() => {})
  return attempts === 2
}

describe('a call with the option retry', () => {
  it('is made again after errors that say that nothing ran', async () => {
    for (const error of [new ConnectionError('gone'), new NoServerError('shop', 0), new BusyError('shop', 'full')])
      expect(await isRetried(error), error.name).to.equal(true)
    expect(await isRetried(remote(new BusyError('shop', 'full'))), 'the server says so').to.equal(true)
  })

  it('is made again after it may have run only where it may run twice', async () => {
    const lost = new ServerLostError('shop.order')
    expect(await isRetried(lost)).to.equal(false)
    expect(await isRetried(lost, { idempotencyKey: 'order-7' })).to.equal(true)
    expect(await isRetried(lost, { delivery: 'at-least-once' })).to.equal(true)
    expect(await isRetried(lost, {}, true), 'as the service says').to.equal(true)
    expect(await isRetried(lost, { delivery: 'at-most-once' }, true), 'the call has the last word').to.equal(false)
  })

  it('is not made again after other errors, above all those that its method threw', async () => {
    const others = [new TimeoutError('shop.order', 5), new Error('no'), undefined, 'ERR_BUSY']
    for (const error of [...others, ...[new ConnectionError('its own'), new BusyError('stock', 'full')].map(remote)])
      expect(await isRetried(error, { delivery: 'at-least-once' }), String(error)).to.equal(false)
  })
})
