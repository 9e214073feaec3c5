import { expect } from 'chai'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { SERVER_DEFAULTS } from '../../lib/server/options.ts'
import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'

describeLeavingNothing('the control of a client', (redis) => {
  let name: string
  let servers: RedisRPCServer[]
  beforeEach(() => {
    name = freshName('service')
    servers = []
  })
  afterEach(() => Promise.all(servers.map((server) => server.close())))

  const serve = async (target: object, version = ''): Promise<RedisRPCServer> => {
    const server = new RedisRPCServer(redis().url, name, target, { version, onError: () => {} })
    servers.push(server)
    await server.start()
    return server
  }

  it('lists the servers that live', async () => {
    const one = await serve({ a: () => 1 }, '1.0')
    const two = await serve({ b: () => 2 }, '2.0')
    const client = new RedisRPCClient<object>(redis().url, name)
    const infos = await control(client).servers()
    expect(infos.map(({ id, version, methods, pid }) => ({ id, version, methods, pid }))).to.have.deep.members([
      { id: one.id, version: '1.0', methods: ['a'], pid: process.pid },
      { id: two.id, version: '2.0', methods: ['b'], pid: process.pid },
    ])
    await one.close()
    expect(
      (await control(client).servers()).map(({ id }) => id),
      'one that closed has left',
    ).to.deep.equal([two.id])
    await control(client).close()
  })

  it('has a method run by every server, and tells what each answered', async () => {
    await serve({ who: () => 1 })
    await serve({
      who: () => {
        throw new RangeError('no')
      },
    })
    const client = new RedisRPCClient<{ who(): number }>(redis().url, name)
    const replies: unknown[] = []
    for await (const { value, error } of control(client).all({ timeoutMs: 5_000 }).who()) replies.push(value ?? error)
    expect(replies).to.have.lengthOf(2)
    expect(replies).to.include(1)
    expect(replies.find((reply) => reply instanceof RangeError)).to.include({ message: 'no' })
    await control(client).close()
  })

  it('sends what nobody answers, once Redis has it', async () => {
    const hits: number[] = []
    await serve({ hit: (n: number) => void hits.push(n), count: () => hits.length })
    const client = new RedisRPCClient<{ hit(n: number): void; count(): number }>(redis().url, name)
    await control(client).notify.hit(7)
    expect(await client.count()).to.equal(1)
    expect(control(client).stats.pending).to.equal(0)
    await control(client).close()
  })

  it('tells at once that there is no server, where it does not wait for one', async () => {
    const client = new RedisRPCClient<{ a(): void }>(redis().url, name, { noServerTimeoutMs: 0 })
    expect(await rejection(client.a())).to.include({ code: 'ERR_NO_SERVER', service: name })
    await serve({ a: () => 'here' })
    expect(await client.a()).to.equal('here')
    await control(client).close()
  })

  it('tells after its time that there is no server, and has withdrawn the call by then', async () => {
    const client = new RedisRPCClient<{ a(): void }>(redis().url, name, { noServerTimeoutMs: 300 })
    const error = await rejection(client.a())
    expect(error).to.include({ code: 'ERR_NO_SERVER', service: name })
    expect((error as Error).message).to.include('300 ms')
    await serve({ a: () => expect.fail('it was withdrawn') })
    await control(client).close()
  })

  it('tells so at once also when there was one at the last look, and its lease has ended since', async () => {
    const clock = new ManualClock(Date.now())
    const server = await serve({ a: () => 'here' })
    const client = new RedisRPCClient<{ a(): void }>(redis().url, name, { noServerTimeoutMs: 0, clock })
    expect(await client.a()).to.equal('here')
    await server.close()
    clock.advance(SERVER_DEFAULTS.leaseMs)
    expect(await rejection(client.a())).to.include({ code: 'ERR_NO_SERVER', service: name })
    await control(client).close()
  })
})
