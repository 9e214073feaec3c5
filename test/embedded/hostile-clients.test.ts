import { expect } from 'chai'
import { EmbeddedRedis, type EmbeddedRedisOptions } from '../../lib/embedded/index.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { until } from '../helpers/until.ts'
import { RawClient } from './helpers/raw-client.ts'

describe('the embedded server and clients that mean it ill', () => {
  let redis: EmbeddedRedis
  let clock: ManualClock
  const clients: RawClient[] = []

  async function start(options: EmbeddedRedisOptions = {}): Promise<void> {
    clock = new ManualClock()
    redis = await EmbeddedRedis.start({ clock, ...options })
  }

  async function connect(): Promise<RawClient> {
    const client = await RawClient.connect(redis.port)
    clients.push(client)
    return client
  }

  /** Whether one more client finds a place. */
  async function hasPlace(): Promise<boolean> {
    const client = await connect()
    return (await client.call('PING').catch(() => 'refused')) === '+PONG\r\n'
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close()
    await redis.close()
    expect(clock.pending, 'timers left behind').to.equal(0)
  })

  describe('gives the place to others of a client that', () => {
    const stubborn: readonly (readonly [title: string, act: (client: RawClient) => void])[] = [
      ['quits and stays', (client) => client.send('QUIT')],
      ['speaks another protocol and stays', (client) => client.write('*x\r\n')],
      [
        'ends without taking its replies',
        (client) => {
          client.send('GET', 'large')
          client.end()
        },
      ],
    ]
    for (const [title, act] of stubborn) {
      it(title, async () => {
        await start({ maxClients: 2 })
        const watcher = await connect()
        // More than the system holds for a client that does not read.
        await watcher.call('SET', 'large', 'x'.repeat(32 * 1024 * 1024))
        const client = await connect()
        client.pause()
        act(client)
        await until(async () => (await watcher.call('INFO', 'clients')).includes('connected_clients:1\r\n'))
        expect(await hasPlace()).to.equal(false)
        clock.advance(60_000)
        await until(hasPlace)
      })
    }
  })
})
