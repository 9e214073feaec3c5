import { once } from 'node:events'
import { expect } from 'chai'
import { ProtocolError } from 'redis-object-rpc'
import { FunctionClient, RemoteFunctionError } from 'redis-object-rpc/functions'
import type { RunningRedis } from '../helpers/backends.ts'
import { rejection } from '../helpers/pair.ts'
import { linesOf, needPython, startPeer } from '../helpers/python.ts'
import { until } from '../helpers/until.ts'
import { Harness } from './harness.ts'

const PEER = '../functions/redis_rpc_peer.py'

/** Either end beside a stand-in of the Python original. */
export function pythonSuite(this: Mocha.Suite, redis: () => RunningRedis): void {
  this.timeout(60_000)
  const harness = new Harness(redis)
  before(needPython)

  it('is called by its client', async () => {
    await harness.start()
    const lines = await linesOf(startPeer(PEER, 'client', harness.url, harness.prefix))
    expect(lines.map((line) => JSON.parse(line))).to.deep.equal([
      ['add', { res: 3.5 }],
      ['echo', { res: 'Jörg ☃ 😀' }],
      ['echo', { res: { deep: [1, null, true, { x: '' }] } }],
      ['nothing', { res: null }],
      ['boom', { err: 'Broken: it broke', has_traceback: true }],
      ['silent', { err: 'Error', has_traceback: true }],
      ['later', { res: 7 }],
      ['zero', { res: 0 }],
    ])
  })

  it('is called by its client from another time zone', async () => {
    await harness.start()
    const before = process.env.TZ
    process.env.TZ = 'Asia/Kathmandu'
    const peer = startPeer(PEER, 'client', harness.url, harness.prefix)
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
    const [first = ''] = await linesOf(peer)
    expect(JSON.parse(first)).to.deep.equal(['add', { res: 3.5 }])
  })

  it('calls its server, and sees its heartbeat', async () => {
    const peer = startPeer(PEER, 'server', harness.url, harness.prefix, 'python', 'p1', '5')
    await once(peer.stdout, 'data')
    interface Store {
      put(kw: { k: string; v: unknown }): null
      get(kw: { k: string }): unknown
      nan(): number
    }
    const client = new FunctionClient<Store>(harness.url, {
      prefix: harness.prefix,
      responseTimeoutMs: 10_000,
      // The original takes `id` and `kw`, and looks at nothing else.
      use: [
        ({ call, next }) => {
          call.metadata.tenant = 'acme'
          return next()
        },
      ],
    })
    harness.use(client)
    await until(() => client.isServerOnline('python', 'p1'))
    expect(await client.onlineServers('python')).to.deep.equal(['p1'])
    expect(await client.fn.put({ k: 'k1', v: { n: [1, null, 'ä☃'] } })).to.equal(null)
    expect(await client.fn.get({ k: 'k1' })).to.deep.equal({ n: [1, null, 'ä☃'] })
    const error = (await rejection(client.fn.get({ k: 'unknown-key' }))) as RemoteFunctionError
    expect(error).to.be.instanceOf(RemoteFunctionError)
    expect(error).to.include({ name: 'KeyError', message: "'unknown-key'", err: "KeyError: 'unknown-key'" })
    expect(error.traceback).to.match(/^ {2}File .*redis_rpc_peer\.py[\s\S]*KeyError: 'unknown-key'\n$/)
    expect(error.stack).to.include('redis_rpc_peer.py')
    const typo = (await rejection(client.call('get', { key: 'x' } as never))) as RemoteFunctionError
    expect(typo).to.include({ name: 'TypeError' }).and.not.instanceOf(TypeError)
    expect(await rejection(client.fn.nan())).to.be.instanceOf(ProtocolError)
    await linesOf(peer)
  })

  it('is seen by its client', async () => {
    await harness.start({ kind: 'worker', id: 'w1' })
    await harness.start({ kind: 'worker', id: 'w2' })
    const online = async (...args: string[]) =>
      JSON.parse((await linesOf(startPeer(PEER, 'online', harness.url, harness.prefix, ...args)))[0] ?? '')
    expect(await online('worker')).to.deep.equal(['w1', 'w2'])
    expect(await online('worker', 'w2')).to.equal(true)
    expect(await online('worker', 'w3')).to.equal(false)
  })
}
