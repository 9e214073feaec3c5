import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { control, pipe } from 'redis-object-rpc'
import { type CallContext, callContext } from 'redis-object-rpc/context'
import { type Deferred, deferred } from '../../lib/util/deferred.ts'
import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { closeLeavingNothing, type Pair, startPair } from '../helpers/pair.ts'

describeLeavingNothing('callContext()', (redis) => {
  const seen: (CallContext | undefined)[] = []
  let stopped: Deferred<unknown>
  const target = {
    now: () => void seen.push(callContext()),
    later: async () => {
      await setImmediate()
      seen.push(callContext())
    },
    nested: () => target.later(),
    untilStopped: () => {
      seen.push(callContext())
      const signal = callContext()!.signal
      signal.addEventListener('abort', () => stopped.resolve(signal.reason))
      started.resolve()
      return stopped.promise.then(() => {})
    },
  }
  let started: Deferred<void>
  let pair: Pair<typeof target>
  beforeEach(async () => {
    seen.length = 0
    stopped = deferred()
    started = deferred()
    pair = await startPair(redis(), target)
  })
  afterEach(() => closeLeavingNothing(pair, redis()))

  it('says which call the method runs for, and who made it', async () => {
    const before = Date.now()
    await control(pair.client)
      .with({ metadata: { tenant: 'acme' }, timeoutMs: 5_000 })
      .now()
    const [context] = seen
    expect(context).to.include({ service: pair.name, method: 'now', attempt: 1 })
    expect(context?.metadata).to.deep.equal({ tenant: 'acme' })
    expect(context?.caller).to.match(new RegExp(`^${pair.name}:rpc:`))
    expect(context?.deadline).to.be.at.least(before)
  })

  it('is the same after an await, and in what the method calls', async () => {
    await Promise.all([pair.client.nested(), pair.client.later()])
    expect(seen.map((context) => context?.method)).to.have.members(['nested', 'later'])
  })

  it('is undefined outside of a call', () => {
    target.now()
    expect(seen).to.deep.equal([undefined])
  })

  it('is there in each step of a pipeline', async () => {
    await pipe(pair.client, (far) => far.later())
    expect(seen).to.have.lengthOf(1)
    expect(seen[0]).to.include({ service: pair.name })
  })

  it("has a signal that fires at the call's deadline", async () => {
    const clock = new ManualClock(Date.now())
    const timed = await startPair(redis(), target, { server: { clock } })
    const call = Promise.allSettled([control(timed.client).with({ timeoutMs: 4_000 }).untilStopped()])
    await started.promise
    clock.advance(seen[0]!.deadline! - clock.now())
    expect(await stopped.promise).to.have.property('name', 'TimeoutError')
    await call
    await closeLeavingNothing(timed, redis())
  })
})
