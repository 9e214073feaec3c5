import { expect } from 'chai'
import type { Client } from '../../../lib/embedded/clients/client.ts'
import { Monitors } from '../../../lib/embedded/clients/monitors.ts'
import { EmbeddedRedis, type EmbeddedRedisOptions } from '../../../lib/embedded/index.ts'
import { Output, OutputOverflow, writeReply } from '../../../lib/embedded/resp/encode.ts'
import type { Status } from '../../../lib/embedded/resp/value.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { until } from '../../helpers/until.ts'
import { encodeCommand, RawClient } from '../helpers/raw-client.ts'

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
    await redis?.close()
    expect(clock?.pending ?? 0, 'timers left behind').to.equal(0)
  })

  describe('shows monitors', () => {
    it('every byte of a command', async () => {
      await start()
      const [client, monitor] = [await connect(), await connect()]
      await monitor.call('MONITOR')
      const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')
      await client.call('SET', all, 'x'.repeat(20_000) + all)
      const special: Record<number, string> = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 13: 'r', 34: '"', 92: '\\' }
      const quoted = Array.from(all, (char, i) => {
        if (special[i] !== undefined) return `\\${special[i]}`
        return i >= 32 && i < 127 ? char : `\\x${i.toString(16).padStart(2, '0')}`
      }).join('')
      expect((await monitor.reply()).endsWith(`"SET" "${quoted}" "${'x'.repeat(20_000)}${quoted}"\r\n`)).to.equal(true)
    })

    it('the beginning of a command that is too long', () => {
      const lines: string[] = []
      const monitors = new Monitors()
      const source = { db: { index: 0 }, transport: undefined } as unknown as Client
      monitors.add({ push: (line: Status) => lines.push(line.text) } as unknown as Client)
      const most = 16 * 1024 * 1024
      monitors.feed(0, source, ['SET', 'key', '\0'.repeat(17 * 1024 * 1024), 'EX', '10'])
      expect(lines[0]!.length).to.be.within(4 * most, 4 * most + 200)
      expect(lines[0]!.slice(-60)).to.equal(
        `\\x00\\x00"... (${1024 * 1024 + 6} more bytes) ""... (2 more bytes) ""... (2 more bytes)`.slice(-60),
      )
    })
  })

  it('drops a client that queues more than it may send without its being executed', async () => {
    await start({ maxQueryBytes: 1024 * 1024 })
    const client = await connect()
    await client.call('MULTI')
    for (let i = 0; i < 3; i++) client.send('SET', 'key', 'x'.repeat(500_000))
    expect(await client.untilClosed()).to.match(/^(\+QUEUED\r\n)*$/)
    const other = await connect()
    await other.call('MULTI')
    for (let i = 0; i < 3; i++) {
      expect(await other.call('SET', 'key', 'x'.repeat(500_000))).to.equal('+QUEUED\r\n')
      await other.call('DISCARD')
      await other.call('MULTI')
    }
  })

  it('watches any number of keys', async () => {
    await start()
    const [client, other] = [await connect(), await connect()]
    // So many that looking at each for each would take minutes.
    const keys = Array.from({ length: 300_000 }, (_, i) => `key:${i}`)
    client.write(encodeCommand(['WATCH', ...keys, ...keys]))
    expect(await client.reply()).to.equal('+OK\r\n')
    await client.call('SELECT', '1')
    await client.call('WATCH', 'key:0')
    await other.call('SET', 'key:299999', '1')
    await client.call('MULTI')
    expect(await client.call('EXEC')).to.equal('*-1\r\n')
    await client.call('MULTI')
    expect(await client.call('EXEC')).to.equal('*0\r\n')
  })

  it('encodes no more of a reply than its client may leave unread', async () => {
    const output = new Output()
    output.limit = 100_000
    const reply = new Array<string>(1_000_000).fill('x'.repeat(1000))
    expect(() => writeReply(output, reply, 2)).to.throw(OutputOverflow)
    expect(output.length).to.be.within(100_000, 102_000)

    await start({ config: { 'client-output-buffer-limit': 'normal 1mb 0 0' } })
    const client = await connect()
    await client.call('SADD', 'set', 'x'.repeat(1000))
    expect(await client.call('SRANDMEMBER', 'set', '-900')).to.match(/^\*900\r\n/)
    client.send('SRANDMEMBER', 'set', '-10000000')
    expect(await client.untilClosed()).to.equal('')
    expect(await (await connect()).call('DBSIZE')).to.equal(':1\r\n')
  })

  it('keeps little for a client that has not authenticated', async () => {
    await start({ password: 'secret' })
    const client = await connect()
    client.pause()
    const other = await connect()
    await other.call('AUTH', 'secret')
    // The system holds some megabytes more.
    let rounds = 0
    await until(async () => {
      expect(++rounds).to.be.below(1000)
      client.write('GET key\r\n'.repeat(1000))
      return (await other.call('INFO', 'clients')).includes('connected_clients:1\r\n')
    })
  })

  it('counts the time since it was answered before a client is idle', async () => {
    await start({ config: { timeout: '10' } })
    const [client, other] = [await connect(), await connect()]
    client.send('BLPOP', 'list', '0')
    await until(async () => (await other.call('INFO', 'clients')).includes('blocked_clients:1\r\n'))
    for (let i = 0; i < 5; i++) {
      clock.advance(5000)
      await other.call('PING')
    }
    await other.call('RPUSH', 'list', 'a')
    expect(await client.reply()).to.equal('*2\r\n$4\r\nlist\r\n$1\r\na\r\n')
    clock.advance(5000)
    expect(await client.call('PING')).to.equal('+PONG\r\n')
    // Half a command counts as well.
    await other.call('PING')
    clock.advance(8000)
    client.write('*1\r\n')
    await until(async () => /id=1 .* idle=0 /.test(await other.call('CLIENT', 'LIST')))
    clock.advance(8000)
    client.write('$4\r\nPING\r\n')
    expect(await client.reply()).to.equal('+PONG\r\n')
  })

  it('counts errors by what may be a code', async () => {
    await start()
    const client = await connect()
    const fail = (text: string): Promise<string> => client.call('EVAL', 'return {err = ARGV[1]}', '0', text)
    await fail('CODE is short')
    await fail('A\r\nused_memory:1 is no line')
    await fail(`${'LONG'.repeat(8)} is no code`)
    await fail('NONE')
    const info = await client.call('INFO', 'errorstats')
    expect(info.split('\r\n').filter((line) => line.startsWith('errorstat_'))).to.have.members([
      'errorstat_CODE:count=1',
      'errorstat_A__used_memory_1:count=1',
      'errorstat_ERR:count=2',
    ])
    expect(info).not.to.include('\r\nused_memory')
  })

  describe('carries out, with more arguments than a stack holds,', () => {
    const MANY = 150_000
    const numbers = Array.from({ length: MANY }, (_, i) => String(i))
    const commands: readonly (readonly [name: string, script: string])[] = [
      ['XREADGROUP', `#redis.call('XREADGROUP', 'GROUP', 'g', 'one', 'COUNT', ${MANY}, 'STREAMS', 's', '>')[1][2]`],
      ['XAUTOCLAIM', `#redis.call('XAUTOCLAIM', 's', 'g', 'two', 0, 0, 'COUNT', ${MANY}, 'JUSTID')[2]`],
    ]

    it('what gives entries of a stream to consumers', async () => {
      await start({ config: { 'busy-reply-threshold': '0' } })
      const client = await connect()
      await client.call('XGROUP', 'CREATE', 's', 'g', '0', 'MKSTREAM')
      await client.call('EVAL', `for i = 1, ${MANY} do redis.call('XADD', 's', i, 'f', 'v') end`, '0')
      for (const [name, script] of commands) {
        expect(await client.call('EVAL', `return ${script}`, '0'), name).to.equal(`:${MANY}\r\n`)
      }
    })

    it('operations on bits', async () => {
      await start()
      const client = await connect()
      await client.call('SET', '7', '\x7f')
      client.write(encodeCommand(['BITOP', 'OR', 'all', ...numbers]))
      expect(await client.reply()).to.equal(':1\r\n')
      client.write(encodeCommand(['BITFIELD', 'bits', ...numbers.flatMap(() => ['SET', 'u8', '0', '1'])]))
      expect((await client.reply()).slice(0, 17)).to.equal(`*${MANY}\r\n:0\r\n:1\r\n`)
    })
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
