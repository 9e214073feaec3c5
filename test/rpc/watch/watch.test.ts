import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  BusyError,
  type CallRecord,
  ClosedError,
  control,
  pipe,
  RedisRPCClient,
  RedisRPCServer,
  type WatchOptions,
} from 'redis-object-rpc'
import { MOST_WATCHES } from '../../../lib/rpc/watch/call-watches.ts'
import { deferred } from '../../../lib/util/deferred.ts'
import { newInbox, onceRecord, serverList } from '../../../lib/wire/keys.ts'
import { describeLeavingNothing } from '../../helpers/leaving-nothing.ts'
import { closeLeavingNothing, type Pair, rejection, startPair } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'
import { RECORD } from '../../wire/report-vectors.ts'

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

/** Reads records in the background. */
function collect(records: AsyncIterable<CallRecord>) {
  const seen: CallRecord[] = []
  const ended = (async () => {
    for await (const record of records) seen.push(record)
  })()
  ended.catch(() => {})
  return { seen, ended }
}

describeLeavingNothing('watching calls', (redis) => {
  let pair: Pair<object> | undefined
  const others: { close(): Promise<void> }[] = []
  afterEach(async () => {
    for (const other of others.splice(0)) await other.close()
    if (pair !== undefined) await closeLeavingNothing(pair, redis())
    pair = undefined
  })

  async function start<T extends object>(target: T, options: Parameters<typeof startPair<T>>[2] = {}) {
    const own = await startPair(redis(), target, options)
    pair = own
    const watch = async (options?: WatchOptions) => {
      const lent = own.server.stats.lent
      const records = control(own.client).watch(options)
      const collected = collect(records)
      await until(() => own.server.stats.lent > lent)
      return { ...collected, records }
    }
    return { ...own, watch }
  }

  it('shows each call with its method, caller, duration and outcome', async () => {
    const { client, server, name, watch } = await start(
      {
        theme: 'light',
        add: (a: number, b: number) => a + b,
        async fail(text: string) {
          throw Object.assign(new RangeError(text), { code: 'E_NO' })
        },
        nested: { twice: (value: number) => 2 * value },
      },
      { server: { expose: ['theme', 'add', 'fail', 'nested.twice'], writable: ['theme'] } },
    )
    const { seen, records } = await watch()
    await control(client)
      .with({ metadata: { traceparent: TRACEPARENT } })
      .add(1, 2)
    await rejection(client.fail('no'))
    await rejection(control(client).call('nope'))
    await client.nested.twice(2)
    await client.theme
    await control(client).set('theme', 'dark')
    await pipe(client, (c) => c.add(1, 2))
    await control(client).notify.add(1, 2)
    await until(() => seen.length === 8)
    expect(seen.map(({ method, access, kind, outcome }) => [method, access, kind, outcome])).to.deep.equal([
      ['add', 'call', 'call', 'ok'],
      ['fail', 'call', 'call', 'error'],
      ['nope', 'call', 'call', 'error'],
      ['nested.twice', 'call', 'call', 'ok'],
      ['theme', 'get', 'call', 'ok'],
      ['theme', 'set', 'call', 'ok'],
      ['rpc.pipe', 'call', 'call', 'ok'],
      ['add', 'call', 'notify', 'ok'],
    ])
    for (const { server: id, sampled, durationMs, caller, kind } of seen) {
      expect({ id, sampled }).to.deep.equal({ id: server.id, sampled: 1 })
      expect(durationMs).to.be.greaterThan(0)
      if (kind === 'notify') expect(caller).to.equal('')
      else expect(caller).to.include(name)
    }
    const { error: _, ...successful } = RECORD
    expect(seen[0]).to.have.all.keys(successful).and.to.include({ traceparent: TRACEPARENT })
    expect(seen[1]?.error).to.deep.equal({ name: 'RangeError', code: 'E_NO', message: 'no' })
    expect(seen[2]?.error).to.include({ name: 'MethodNotFoundError', code: 'ERR_METHOD_NOT_FOUND' })
    await records.return?.()
    await until(() => server.stats.lent === 0)
  })

  it('shows what was refused and what had expired, which did not run', async () => {
    const { client, server, name, watch } = await start({ add: () => 1 }, { server: { maxQueueAgeMs: 60_000 } })
    const { seen, records } = await watch()
    const admin = new Redis(redis().url)
    const inbox = newInbox(name)
    const request = { function_call: { name: 'add', args: [] }, response_queue: inbox, id: 1 }
    await admin.rpush(name, JSON.stringify({ ...request, sent: 1_700_000_000_000 }))
    await admin.rpush(name, JSON.stringify({ ...request, deadline: 1_700_000_000_000 }))
    await until(() => seen.length === 2)
    await admin.del(inbox)
    admin.disconnect()
    expect(seen.map(({ outcome, durationMs, error }) => [outcome, durationMs, error?.code])).to.deep.equal([
      ['refused', 0, 'ERR_BUSY'],
      ['expired', 0, undefined],
    ])
    expect(await client.add()).to.equal(1)
    expect(server.stats).to.include({ succeeded: 1, failed: 1, expired: 1 })
    await records.return?.()
  })

  it('shows a call that gets a kept result with the outcome that the first one had', async () => {
    const thrown = [new BusyError('stock', 'it has too much to do'), new ClosedError('the client of stock is closed')]
    const { client, name, watch } = await start({
      order: (nth: number) => {
        if (thrown[nth] !== undefined) throw thrown[nth]
        return nth
      },
    })
    const { seen, records } = await watch()
    for (const nth of [0, 1, 2])
      for (const _ of ['first', 'later'])
        await control(client)
          .with({ idempotencyKey: `order-${nth}` })
          .order(nth)
          .catch(() => {})
    await until(() => seen.length === 6)
    expect(seen.map(({ outcome, error }) => [outcome, error?.code])).to.deep.equal([
      ['error', 'ERR_BUSY'],
      ['error', 'ERR_BUSY'],
      ['error', 'ERR_CLOSED'],
      ['error', 'ERR_CLOSED'],
      ['ok', undefined],
      ['ok', undefined],
    ])
    expect(seen.map(({ durationMs }) => durationMs > 0)).to.deep.equal([true, false, true, false, true, false])
    await records.return?.()
    const admin = new Redis(redis().url)
    for (const nth of [0, 1, 2]) await admin.del(onceRecord(name, `order-${nth}`))
    admin.disconnect()
  })

  it('selects calls at the server', async () => {
    const { client, watch } = await start({
      add: (a: number, b: number) => a + b,
      async fail() {
        throw new Error('no')
      },
    })
    const failed = await watch({ failed: true })
    const ofAdd = await watch({ method: 'add' })
    const slow = await watch({ minDurationMs: 60_000 })
    const all = await watch()
    await client.add(1, 2)
    await rejection(client.fail())
    await until(() => all.seen.length === 2 && failed.seen.length === 1 && ofAdd.seen.length === 1)
    expect(failed.seen.map(({ method }) => method)).to.deep.equal(['fail'])
    expect(ofAdd.seen.map(({ method }) => method)).to.deep.equal(['add'])
    expect(slow.seen).to.deep.equal([])
    for (const { records } of [failed, ofAdd, slow, all]) await records.return?.()
  })

  it('follows servers that start and stop meanwhile', async () => {
    const { client, server, name, watch } = await start({ who: () => 'first' })
    const { seen, records } = await watch()
    const second = new RedisRPCServer(redis().url, name, { who: () => 'second' })
    others.push(second)
    await second.start()
    await until(() => second.stats.lent === 1)
    await server.close()
    expect(await client.who()).to.equal('second')
    await until(() => seen.length === 1)
    expect(seen[0]).to.include({ server: second.id, method: 'who' })
    await records.return?.()
    // A server that was just closing may have been asked once more; such messages expire.
    await pair?.close()
    pair = undefined
  })

  it('shows the calls that a closing server still finishes, and does not keep it from closing', async () => {
    const go = deferred<void>()
    const { client, server, watch } = await start({ wait: () => go.promise })
    const { seen, records } = await watch()
    const waits = client.wait()
    await until(() => server.stats.running === 1)
    const closed = server.close()
    go.resolve()
    await waits
    await closed
    await until(() => seen.length === 1)
    expect(seen[0]).to.include({ method: 'wait', outcome: 'ok' })
    await records.return?.()
  })

  it('misses no call after there were none for longer than a stream may be idle', async () => {
    const { client, watch } = await start({ add: () => 1 }, { client: { streamIdleMs: 1 } })
    const { seen, records } = await watch()
    for (let calls = 1; calls <= 50; calls++) {
      await client.add()
      await until(() => seen.length === calls)
    }
    await records.return?.()
  })

  it('ends with its signal, with the client, and with its loop', async () => {
    const { client, server, watch } = await start({ add: () => 1 })
    const stop = new AbortController()
    const byThe = await watch({ signal: stop.signal })
    stop.abort(new Error('enough'))
    expect(await rejection(byThe.ended)).to.have.property('message', 'enough')
    expect(await rejection(collect(control(client).watch({ signal: stop.signal })).ended)).to.have.property(
      'message',
      'enough',
    )
    await until(() => server.stats.lent === 0)

    for await (const _ of calledOnce(control(client).watch())) break
    await until(() => server.stats.lent === 0)

    const last = await watch()
    await control(client).close()
    expect(await rejection(last.ended)).to.have.property('code', 'ERR_CLOSED')
    expect(await last.records.next()).to.deep.equal({ done: true, value: undefined })

    /** Calls a method once the records are read. */
    function calledOnce(records: AsyncIterableIterator<CallRecord>): AsyncIterable<CallRecord> {
      return {
        [Symbol.asyncIterator]: () => {
          void until(() => server.stats.lent > 0).then(() => client.add())
          return records
        },
      }
    }
  })

  it('ends with the signal that its client was made with', async () => {
    const { client, server } = await start({ add: () => 1 })
    const stop = new AbortController()
    const records = control(control(client).with({ signal: stop.signal })).watch()
    const { ended } = collect(records)
    await until(() => server.stats.lent > 0)
    stop.abort(new Error('enough'))
    expect(await rejection(ended)).to.have.property('message', 'enough')
    await until(() => server.stats.lent === 0)
    const own = new AbortController()
    const other = collect(control(control(client).with({ signal: stop.signal })).watch({ signal: own.signal }))
    await until(() => server.stats.lent > 0)
    await client.add()
    await until(() => other.seen.length === 1)
    own.abort(new Error('own'))
    expect(await rejection(other.ended)).to.have.property('message', 'own')
  })

  it('is closed when the client was closed before', async () => {
    const { client } = await start({ add: () => 1 })
    const early = control(client).watch()
    await client.add()
    await control(client).close()
    expect(await rejection(early.next())).to.have.property('code', 'ERR_CLOSED')
    expect(await rejection(control(client).watch().next())).to.have.property('code', 'ERR_CLOSED')
  })

  it('is refused where reports are not to be seen', async () => {
    const { client } = await start({ add: () => 1 }, { server: { exposeReports: false } })
    expect(await rejection(collect(control(client).watch()).ended)).to.have.property('code', 'ERR_METHOD_NOT_FOUND')
  })

  for (const end of ['server', 'client'])
    it(`is refused where the ${end} may have no streams`, async () => {
      const { client } = await start({ add: () => 1 }, { [end]: { maxStreams: 0 } })
      expect(await rejection(collect(control(client).watch()).ended)).to.have.property('code', 'ERR_REFERENCE_LIMIT')
    })

  it('waits for a service that has no server yet', async () => {
    const { client, server, name } = await start({ add: () => 1 })
    await server.close()
    const { seen } = collect(control(client).watch())
    const later = new RedisRPCServer(redis().url, name, { add: () => 1 })
    others.push(later)
    await later.start()
    await until(() => later.stats.lent === 1)
    await client.add()
    await until(() => seen.length === 1)
  })

  it('does not keep a server from closing that nobody reads any more', async () => {
    const { server, name } = await start({ add: () => 1 }, { server: { drainTimeoutMs: 60_000 } })
    const admin = new Redis(redis().url)
    const inbox = newInbox(name)
    const request = { function_call: { name: 'rpc.watch', args: [] }, response_queue: inbox, id: 1 }
    await admin.rpush(serverList(name, server.id), JSON.stringify(request))
    await until(() => server.stats.lent === 1)
    await pair?.close()
    pair = undefined
    await admin.del(inbox)
    admin.disconnect()
  })

  it('is bounded by how many may watch a server, whoever they are', async () => {
    const { client, server, name } = await start({ add: () => 1 })
    const admin = new Redis(redis().url)
    try {
      const call = { function_call: { name: 'rpc.watch', args: [] as unknown[] } }
      const list = serverList(name, server.id)
      // Notifications get no answer, so they must not hold anything.
      for (let i = 0; i < 10; i++) await admin.rpush(list, JSON.stringify({ ...call, options: { notify: true } }))
      const inbox = newInbox(name)
      // In one command, so that the server takes them all at once.
      const requests = Array.from({ length: 2 * MOST_WATCHES }, (_, id) => ({ ...call, response_queue: inbox, id }))
      await admin.rpush(list, ...requests.map((request) => JSON.stringify(request)))
      await until(async () => (await admin.llen(inbox)) === 2 * MOST_WATCHES)
      expect(server.stats.lent).to.equal(MOST_WATCHES)
      const refused = (await admin.lrange(inbox, 0, -1)).filter((text) => text.includes('ERR_BUSY'))
      expect(refused).to.have.lengthOf(MOST_WATCHES)
      await admin.rpush(
        list,
        JSON.stringify({
          ...call,
          function_call: { name: 'rpc.watch', args: [{ failed: 1 }] },
          response_queue: inbox,
          id: 999,
        }),
      )
      await until(async () => (await admin.lindex(inbox, -1))?.includes('"id":999'))
      expect(await admin.lindex(inbox, -1)).to.include('ERR_PROTOCOL')
      expect(await client.add()).to.equal(1)
      // Who borrowed nothing by itself is told that the server closes all the same; that message expires.
      await pair?.close()
      pair = undefined
      expect(await admin.pttl(inbox)).to.be.greaterThan(0)
      await admin.del(inbox)
    } finally {
      admin.disconnect()
    }
  })

  it('is not for classic clients', async () => {
    const client = new RedisRPCClient<object>(redis().url, 'calc', { dialect: 'classic' })
    expect(() => control(client).watch())
      .to.throw()
      .with.property('code', 'ERR_INVALID_OPTION')
    await control(client).close()
  })
})
