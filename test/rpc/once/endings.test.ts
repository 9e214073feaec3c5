import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { control, pipe } from 'redis-object-rpc'
import { deferred } from '../../../lib/util/deferred.ts'
import { bundled } from '../../helpers/bundled.ts'
import { describeLeavingNothing } from '../../helpers/leaving-nothing.ts'
import { rejection } from '../../helpers/pair.ts'
import { countEnds } from '../../helpers/settled.ts'
import { TcpProxy } from '../../helpers/tcp-proxy.ts'
import { until } from '../../helpers/until.ts'
import { Ends, keyed } from './ends.ts'

describeLeavingNothing('calls with an idempotency key', (redis) => {
  const ends = new Ends(redis)

  it('stop between the steps of a pipeline when the server closes, and not when the caller gives up', async () => {
    await ends.serve({ drainTimeoutMs: 0 })
    const abort = new AbortController()
    const aborted = pipe(control(ends.connect()).with({ idempotencyKey: 'order-7', signal: abort.signal }), (shop) => [
      shop.slow('a'),
      shop.order('b'),
    ])
    await until(() => ends.runs.length === 1)
    const ended = rejection(aborted)
    abort.abort()
    expect(await ended).to.have.property('name', 'AbortError')
    ends.gate.resolve()
    const again = (key?: string) => pipe(keyed(ends.connect(), key), (shop) => [shop.slow('a'), shop.order('b')])
    expect(await again()).to.deep.equal([1, 2])
    ends.gate = deferred()
    const closed = rejection(again('order-8'))
    await until(() => ends.runs.length === 3)
    await ends.servers[0]?.close()
    expect(await closed).to.include({ code: 'ERR_CLOSED' })
    ends.gate.resolve()
    await setImmediate()
    expect(ends.runs).to.deep.equal(['a', 'b', 'a'])
  })

  it('are told that the server was closed which waits for another one', async () => {
    await ends.serve({ drainTimeoutMs: 0 })
    const first = keyed(ends.connect()).slow('a')
    await until(() => ends.runs.length === 1)
    const second = keyed(ends.connect()).slow('a')
    await until(async () => (await control(ends.connect()).servers())[0]?.waiting === 1)
    const counts = countEnds([first, second], String)
    await ends.servers[0]?.close()
    expect(await counts).to.deep.equal({ ERR_CLOSED: 2 })
  })

  it('may have run if their server was closed before they ended', async () => {
    await ends.serve({ drainTimeoutMs: 0 })
    const first = keyed(ends.connect()).slow('a')
    await until(() => ends.runs.length === 1)
    const ended = rejection(first)
    await ends.servers[0]?.close()
    expect(await ended).to.include({ code: 'ERR_CLOSED' })
    await ends.serve({ leaseMs: 1_000 })
    expect(await rejection(keyed(ends.connect()).slow('a'))).to.include({ code: 'ERR_SERVER_LOST' })
    ends.gate.resolve()
    const again = control(ends.connect()).with({ idempotencyKey: 'order-7', delivery: 'at-least-once' })
    expect(await again.slow('a')).to.equal(2)
    expect(await keyed(ends.connect()).slow('a'), 'is kept').to.equal(2)
  })

  describe('on a connection that breaks', () => {
    let proxy: TcpProxy
    beforeEach(async () => {
      proxy = await TcpProxy.start(ends.redis().url)
      await ends.serve({}, proxy.url)
      // Redis has the scripts from then on, so that what follows is sent once.
      await keyed(ends.connect(), 'first').order('first')
      ends.runs.length = 0
    })
    afterEach(() => proxy.close())

    for (const verdict of ['cut', 'pass-then-cut'] as const)
      for (const [what, text] of [
        ['the claim', 'order-7'],
        ['the result', 'return_value'],
      ] as const)
        it(`run once when that happens to ${what}, ${verdict === 'cut' ? 'before' : 'after'} Redis has it`, async () => {
          let cuts = 0
          proxy.toServer = (chunk) => {
            const sent = chunk.toString('latin1')
            if (cuts > 0 || !sent.includes(ends.record()) || (text !== 'order-7' && !sent.includes(text))) return 'pass'
            cuts++
            return verdict
          }
          expect(await keyed(ends.connect()).order('a')).to.equal(1)
          expect(cuts).to.equal(1)
          expect(await keyed(ends.connect()).order('a')).to.equal(1)
          expect(await ends.observer.hget(ends.record(), 'reply')).to.equal('"return_value":1}')
          expect(ends.runs).to.deep.equal(['a'])
        })

    it('leave no claim behind which nobody uses', async () => {
      let isCut = false
      proxy.toServer = (chunk) => {
        if (isCut) return 'cut'
        isCut = chunk.toString('latin1').includes(ends.record())
        return isCut ? 'pass-then-cut' : 'pass'
      }
      const hasty = control(ends.connect()).with({ idempotencyKey: 'order-7', timeoutMs: 300 })
      await until(async () => {
        expect(await rejection(hasty.order('a'))).to.include({ code: 'ERR_TIMEOUT' })
        return (await ends.observer.exists(ends.record())) === 1
      })
      await until(() => (ends.servers[0]?.stats.expired ?? 0) > 0)
      expect(await ends.observer.exists(ends.record())).to.equal(1)
      proxy.release()
      expect(await keyed(ends.connect()).order('a')).to.equal(1)
      expect(ends.runs).to.deep.equal(['a'])
    })
  })

  describe('on servers that are killed', () => {
    let workers: ReturnType<typeof spawn>[]
    beforeEach(() => {
      workers = []
    })
    afterEach(async () => {
      for (const worker of workers) {
        if (worker.exitCode !== null || worker.signalCode !== null) continue
        worker.kill('SIGKILL')
        await once(worker, 'exit')
      }
    })
    const effects = `effects-${process.pid}`

    const startWorker = async (dies: 'before-reply' | 'while-running' | 'never'): Promise<void> => {
      const path = bundled(new URL('../../helpers/dying-server.ts', import.meta.url))
      const args = [path, ends.redis().url, ends.name, `${ends.name}:${effects}`, dies]
      const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      workers.push(worker)
      await once(worker.stdout!, 'data')
    }
    const count = async (): Promise<number> => Number(await ends.observer.get(`${ends.name}:${effects}`))

    it('take effect once at least once: the result was kept, and the reply did not leave', async () => {
      await startWorker('before-reply')
      const call = control(ends.connect()).with({ idempotencyKey: 'order-7', delivery: 'at-least-once' }).order('a')
      call.catch(() => {})
      await until(() => workers[0]?.signalCode === 'SIGKILL')
      expect(await count()).to.equal(1)
      await startWorker('never')
      expect(await call).to.equal(1)
      expect(await count()).to.equal(1)
      expect(await keyed(ends.connect()).order('a')).to.equal(1)
    })

    it('end in ServerLostError at most once, and so do those with the key that were called later', async () => {
      await startWorker('while-running')
      const lost = countEnds([keyed(ends.connect()).order('a')], String)
      await until(() => workers[0]?.signalCode === 'SIGKILL')
      await startWorker('never')
      expect(await lost).to.deep.equal({ ERR_SERVER_LOST: 1 })
      expect(await countEnds([keyed(ends.connect()).order('a')], String)).to.deep.equal({ ERR_SERVER_LOST: 1 })
      expect(await count()).to.equal(1)
      const again = control(ends.connect()).with({ idempotencyKey: 'order-7', delivery: 'at-least-once' })
      expect(await again.order('a')).to.equal(2)
      expect(await keyed(ends.connect()).order('a')).to.equal(2)
    })
  })
})
