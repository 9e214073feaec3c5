import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { expect } from 'chai'
import { Cache, ConnectionError } from 'redis-object-rpc/ipc'
import { ManualClock } from '../helpers/manual-clock.ts'
import { rejection } from './helpers.ts'

describe('a server that accepts and says nothing', () => {
  let server: Server
  const sockets: Socket[] = []

  before(async () => {
    server = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
  })

  after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  it('keeps nobody who waits for an entry longer than told', async () => {
    const clock = new ManualClock()
    const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
    const cache = new Cache(url, 'users', { clock, onError: () => {} })
    const load = () => {
      throw new Error('nobody may load')
    }
    const waits = [cache.bGet('17', { timeoutMs: 100 }), cache.getOrSet('17', load, { timeoutMs: 100 })].map(rejection)
    const stop = new AbortController()
    const aborted = rejection(cache.bGet('17', { signal: stop.signal }))
    clock.advance(100)
    for (const wait of waits) expect(await wait).to.be.instanceOf(ConnectionError)
    stop.abort(new RangeError('enough'))
    expect(await aborted).to.be.instanceOf(RangeError)
    await cache.close()
    expect(clock.pending).to.equal(0)
  })
})
