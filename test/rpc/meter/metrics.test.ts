import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPC } from 'redis-object-rpc'
import { GroupReadStream, ReadQueue, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { SERVICE_LIST } from '../../../lib/wire/keys.ts'
import { startCli } from '../../cli/run-cli.ts'
import { describeOnEachRedis } from '../../helpers/backends.ts'
import { describeLeavingNothing } from '../../helpers/leaving-nothing.ts'
import { freshName } from '../../helpers/names.ts'
import { rejection } from '../../helpers/pair.ts'
import { PYTHON } from '../../helpers/python.ts'
import { until } from '../../helpers/until.ts'

type Sample = [name: string, labels: Record<string, string>, value: number]

/** The samples of a text, as Prometheus's own client library for Python reads them. */
function parsed(text: string): { types: Record<string, string>; samples: Sample[] } {
  const script = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.stdin.read()))
print(json.dumps({
  'types': {family.name: family.type for family in families},
  'samples': [[sample.name, sample.labels, sample.value] for family in families for sample in family.samples],
}))`
  const run = spawnSync(PYTHON, ['-c', script], { input: text, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr)
  return JSON.parse(run.stdout)
}

function needParser(this: Mocha.Context): void {
  if (spawnSync(PYTHON, ['-c', 'import prometheus_client']).status === 0) return
  if (process.env.CI) throw new Error('install python3-prometheus-client')
  this.skip()
}

describeLeavingNothing('metrics', (redis) => {
  before(needParser)

  it('of all servers are in the format that Prometheus reads', async () => {
    const rpc = new RedisRPC(redis().url)
    const name = freshName('calc\n"\\{}')
    const server = await rpc.serve(name, {
      add: (a: number, b: number) => a + b,
      fail: () => {
        throw new RangeError('no')
      },
    })
    const other = await rpc.serve(freshName('other'), { ping: () => 1 })
    const client = rpc.client<{ add(a: number, b: number): number; fail(): void }>(name)
    await client.add(1, 2)
    await client.add(3, 4)
    await rejection(client.fail())
    const { types, samples } = parsed(rpc.metrics())
    expect(types).to.deep.equal({
      redis_object_rpc_server_calls: 'counter',
      redis_object_rpc_server_errors: 'counter',
      redis_object_rpc_server_running: 'gauge',
      rpc_server_call_duration_seconds: 'histogram',
      redis_object_rpc_server_start_time_seconds: 'gauge',
    })
    const of = (metric: string, method: string) =>
      samples.filter(([sample, labels]) => sample === metric && labels.method === method && labels.service === name)
    const labels = { service: name, method: 'add', server: server.id }
    expect(of('redis_object_rpc_server_calls_total', 'add')).to.deep.equal([
      ['redis_object_rpc_server_calls_total', labels, 2],
    ])
    expect(of('redis_object_rpc_server_errors_total', 'fail').map(([, , value]) => value)).to.deep.equal([1])
    const buckets = of('rpc_server_call_duration_seconds_bucket', 'add')
    expect(buckets.map(([, { le }]) => le)).to.deep.equal([
      '0.005',
      '0.01',
      '0.025',
      '0.05',
      '0.075',
      '0.1',
      '0.25',
      '0.5',
      '0.75',
      '1',
      '2.5',
      '5',
      '7.5',
      '10',
      '+Inf',
    ])
    expect(buckets.at(-1)?.[2]).to.equal(2)
    expect(of('rpc_server_call_duration_seconds_count', 'add').map(([, , value]) => value)).to.deep.equal([2])
    expect(parsed(server.metrics()).samples.every(([, { service }]) => service === name)).to.equal(true)
    await other.close()
    await until(() => !rpc.metrics().includes(other.id))
    await control(client).close()
    await rpc.close()
    await until(() => !rpc.metrics().includes(server.id))
  })
})

describeOnEachRedis('the command metrics', (redis) => {
  before(needParser)

  it('prints what other processes have measured', async () => {
    const rpc = new RedisRPC(redis().url)
    const name = freshName('calc')
    const server = await rpc.serve(name, { add: (a: number, b: number) => a + b })
    const client = rpc.client<{ add(a: number, b: number): number }>(name)
    await client.add(1, 2)
    const { out, code } = await startCli(['metrics', name], { url: redis().url }).ended
    expect(code).to.equal(0)
    const { samples } = parsed(out)
    expect(samples).to.deep.include(['redis_object_rpc_waiting_calls', { service: name }, 0])
    expect(samples).to.deep.include(['redis_object_rpc_oldest_call_seconds', { service: name }, 0])
    const labels = { service: name, method: 'add', server: server.id }
    expect(samples).to.deep.include(['redis_object_rpc_server_calls_total', labels, 1])
    expect(out).not.to.include('redis_object_rpc_queue').and.not.to.include('redis_object_rpc_stream')
    await control(client).close()
    await rpc.close()
  })

  it('prints for how long the oldest call has waited, if that is known', async () => {
    const admin = new Redis(redis().url)
    const name = freshName('calc')
    const [sent, classic] = [Date.now() - 3_600_000, '{"function_call":{"name":"add"},"response_queue":"x"}']
    const ages = async () => {
      const { samples } = parsed((await startCli(['metrics', name], { url: redis().url }).ended).out)
      return samples.filter(([metric]) => metric === 'redis_object_rpc_oldest_call_seconds').map(([, , value]) => value)
    }
    await admin.rpush(name, `{"function_call":{"name":"add"},"response_queue":"${name}:rpc:x","id":1,"sent":${sent}}`)
    const [age, ...others] = await ages()
    expect(age).to.be.within(3_600, 3_660)
    expect(others).to.deep.equal([])
    await admin.lpush(name, classic)
    expect(await ages(), 'a classic call has no time').to.deep.equal([])
    await admin.del(name)
    admin.disconnect()
  })

  it('prints what waits in queues and streams', async () => {
    const { url } = redis()
    const [jobs, prices, billing] = ['jobs', 'prices', 'billing'].map((name) => freshName(`${name}\n"\\{}#`))
    await using queue = new WriteQueue<number>(url, jobs!)
    await using worker = new ReadQueue<number>(url, jobs!, { reliable: true, maxAttempts: 1 })
    for (const task of [1, 2, 3, 4]) await queue.publish(task)
    await queue.publish(5, { delayMs: 3_600_000 })
    await (await worker.next())?.nack({ reason: 'no' })
    await worker.next()
    await using stream = new WriteStream<number>(url, prices!)
    await using group = new GroupReadStream<number>(url, prices!, billing!, { from: '0', maxAttempts: 1 })
    await stream.publish(1)
    await (await group.next())?.nack({ reason: 'no' })
    await stream.publish(2)
    await group.next()

    const { out, code } = await startCli(['metrics'], { url }).ended
    expect(code).to.equal(0)
    const { types, samples } = parsed(out)
    const of = (label: string, name: string) =>
      Object.fromEntries(
        samples.flatMap(([metric, labels, value]) => (labels[label] === name ? [[metric, value]] : [])),
      )
    const { redis_object_rpc_queue_oldest_seconds: oldest, ...ofQueue } = of('queue', jobs!)
    expect(oldest).to.be.within(0, 60)
    expect(ofQueue).to.deep.equal({
      redis_object_rpc_queue_waiting: 2,
      redis_object_rpc_queue_delayed: 1,
      redis_object_rpc_queue_in_progress: 1,
      redis_object_rpc_queue_dead: 1,
    })
    const ofGroup = {
      redis_object_rpc_group_pending: 1,
      redis_object_rpc_group_lag: 0,
      redis_object_rpc_group_dead: 1,
    }
    expect(of('stream', prices!)).to.deep.equal({ redis_object_rpc_stream_events: 2, ...ofGroup })
    expect(of('group', billing!)).to.deep.equal(ofGroup)
    const added = Object.entries(types).filter(([name]) => /_(queue|stream|group)_/.test(name))
    expect(added.map(([, type]) => type)).to.deep.equal(Array(9).fill('gauge'))
  })

  it('prints no sample twice, whatever the names are', async () => {
    const admin = new Redis(redis().url)
    const stream = freshName('prices')
    for (const group of [Buffer.from([0xff]), Buffer.from([0xfe]), '\ufffd', ''])
      await admin.xgroup('CREATE', stream, group, '$', 'MKSTREAM')
    for (const service of [Buffer.from([0xff]), Buffer.from([0xfe]), ''])
      await admin.zadd(SERVICE_LIST, '+inf', service)
    const { out, code } = await startCli(['metrics'], { url: redis().url }).ended
    await admin.del(SERVICE_LIST)
    admin.disconnect()
    expect(code).to.equal(0)
    const ids = parsed(out).samples.map(([metric, labels]) => JSON.stringify([metric, labels]))
    expect(ids.filter((id) => id.includes(`"${stream}"`) && id.includes('group_pending'))).to.have.lengthOf(2)
    expect(ids.filter((id) => id.includes('waiting_calls'))).to.have.lengthOf(1)
    expect(new Set(ids).size).to.equal(ids.length)
  })

  it('says when there may be more queues, streams or groups than it prints', async () => {
    const admin = new Redis(redis().url)
    const many = admin.pipeline()
    for (let i = 0; i < 1_001; i++) {
      many.lpush(`queue-${i}`, '{"uuid":"a","content":1}')
      for (const group of ['a', 'b']) many.xgroup('CREATE', `stream-${i}`, group, '$', 'MKSTREAM')
    }
    await many.exec()
    const { out } = await startCli(['metrics'], { url: redis().url }).ended
    await admin.flushall()
    admin.disconnect()
    for (const what of ['queues', 'streams', 'groups'])
      expect(out).to.include(`# Only the first 1000 ${what} are measured; there may be more.\n`)
    const { samples } = parsed(out)
    for (const name of ['queue_waiting', 'stream_events', 'group_pending'])
      expect(samples.filter(([metric]) => metric === `redis_object_rpc_${name}`)).to.have.lengthOf(1_000)
  })
})
