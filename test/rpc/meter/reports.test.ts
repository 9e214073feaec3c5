import { expect } from 'chai'
import { control, pipe, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { thrownReport } from '../../../lib/rpc/meter/error-report.ts'
import { deferred } from '../../../lib/util/deferred.ts'
import { StepFailure } from '../../../lib/wire/step.ts'
import { describeOnEachRedis } from '../../helpers/backends.ts'
import { type Pair, rejection, startPair } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'

describe('the report of what was thrown', () => {
  it('is that of what a step of a pipeline threw', () => {
    const thrown = Object.assign(new RangeError('sold out'), { code: 'E_SOLD' })
    const report = { name: 'RangeError', code: 'E_SOLD', message: 'sold out' }
    for (const each of [thrown, new StepFailure(2, thrown)]) expect(thrownReport(each)).to.deep.equal(report)
  })
})

describeOnEachRedis('reports of servers', (redis) => {
  let pair: Pair<object> | undefined
  afterEach(() => pair?.close())

  it('count, time, and show what fails and what runs', async () => {
    const go = deferred<void>()
    const target = {
      add: (a: number, b: number) => a + b,
      wait: () => go.promise,
      async fail(text: string) {
        throw Object.assign(new RangeError(text), { code: 'E_NO' })
      },
      theme: () => 'light',
    }
    const own = await startPair(redis(), target)
    pair = own
    const { client, server } = own
    for (let i = 0; i < 10; i++) expect(await client.add(i, 1)).to.equal(i + 1)
    const waits = client.wait()
    await rejection(client.fail('no'))
    await rejection(control(client).call('nope'))
    expect(await pipe(client, (c) => c.add(1, 2))).to.equal(3)
    await control(client).notify.add(1, 2)
    const keyed = control(client).with({ idempotencyKey: 'a' })
    expect([await keyed.add(1, 2), await keyed.add(1, 2)]).to.deep.equal([3, 3])
    await until(() => server.report().methods.wait?.running === 1)

    const [report, ...others] = await control(client).reports()
    expect(others).to.deep.equal([])
    expect(report).to.include({ id: server.id })
    const { methods, recentErrors } = report!
    expect(Object.keys(methods)).to.have.members(['add', 'wait', 'fail', 'rpc.pipe', '_OTHER'])
    expect(methods.add).to.include({ calls: 13, errors: 0, running: 0 })
    expect(methods.add?.latency.count, 'the second call with the key was not run').to.equal(12)
    expect(methods.wait).to.include({ calls: 0, running: 1 })
    expect(methods.fail).to.include({ calls: 1, errors: 1 })
    expect(methods._OTHER).to.include({ calls: 1, errors: 1 })
    expect(recentErrors.map(({ method, name, message }) => [method, name, message])).to.deep.equal([
      ['fail', 'RangeError', 'no'],
      ['_OTHER', 'MethodNotFoundError', recentErrors[1]?.message],
    ])
    expect(recentErrors[0]).to.include({ code: 'E_NO' })
    expect(recentErrors[0]?.stack).to.include('RangeError: no')
    expect(server.report().methods).to.deep.equal(methods)
    go.resolve()
    await waits
    expect(server.report().methods.wait).to.include({ calls: 1, running: 0 })
  })

  it('come from each server that lives, and are withheld where they are not to be seen', async () => {
    const own = await startPair(redis(), { add: (a: number, b: number) => a + b })
    pair = own
    const other = new RedisRPCServer(redis().url, own.name, { add: () => 0 })
    const discreet = new RedisRPCServer(redis().url, own.name, { add: () => 0 }, { exposeReports: false })
    await other.start()
    await discreet.start()
    try {
      const ids = (await control(own.client).reports()).map(({ id }) => id)
      expect(ids).to.have.members([own.server.id, other.id])
      expect(await control(own.client).servers()).to.have.lengthOf(3)
      expect(discreet.report().methods).to.deep.equal({})
    } finally {
      await other.close()
      await discreet.close()
    }
    expect(own.errors).to.deep.equal([])
  })

  it('are not for classic clients', async () => {
    const client = new RedisRPCClient<object>(redis().url, 'calc', { dialect: 'classic' })
    expect(await rejection(control(client).reports())).to.have.property('code', 'ERR_INVALID_OPTION')
    await control(client).close()
  })
})
