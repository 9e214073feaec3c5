import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { InvalidOptionError } from 'redis-object-rpc'
import { PARAMETERS } from '../../lib/embedded/config/parameters.ts'
import { DEFAULTS, EmbeddedRedis, type EmbeddedRedisOptions } from '../../lib/embedded/index.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RawClient } from './helpers/raw-client.ts'

describe('EmbeddedRedis', () => {
  let redis: EmbeddedRedis
  let clock: ManualClock
  const clients: RawClient[] = []

  async function start(options: EmbeddedRedisOptions = {}): Promise<void> {
    clock = new ManualClock()
    redis = await EmbeddedRedis.start({ clock, ...options })
  }

  /** What a start is refused with; undefined if it is not. */
  async function refusal(options: unknown): Promise<InvalidOptionError> {
    return await EmbeddedRedis.start(options as EmbeddedRedisOptions).then(
      (server) => server.close() as Promise<never>,
      (error) => error,
    )
  }

  async function connect(): Promise<RawClient> {
    const client = await RawClient.connect(redis.port)
    clients.push(client)
    return client
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close()
    await redis?.close()
    expect(clock?.pending ?? 0, 'timers left behind').to.equal(0)
  })

  describe('options', () => {
    const wrong: readonly (readonly [options: unknown, option: string, message?: RegExp])[] = [
      [{ port: -1 }, 'port', /port must be an integer from 0 to 65535, got -1/],
      [{ port: 1.5 }, 'port'],
      [{ port: '6379' }, 'port'],
      [{ port: null }, 'port'],
      [{ port: 6379n }, 'port'],
      [{ host: '' }, 'host'],
      [{ host: 7 }, 'host'],
      [{ password: 1234 }, 'password', /^(?!.*1234)/],
      [{ maxClients: 0 }, 'maxClients', /maxClients must be an integer from 1/],
      [{ maxBulkBytes: 1 }, 'maxBulkBytes'],
      [{ maxQueryBytes: 1 }, 'maxQueryBytes'],
      [{ maxArguments: 1 }, 'maxArguments'],
      [{ rewriteMinBytes: -1 }, 'rewriteMinBytes'],
      [{ closeTimeoutMs: -1 }, 'closeTimeoutMs'],
      [{ closeTimeoutMs: 2 ** 31 }, 'closeTimeoutMs'],
      [{ disabledCommands: 'KEYS' }, 'disabledCommands'],
      [{ disabledCommands: [7] }, 'disabledCommands'],
      [{ appendOnlyFile: 7 }, 'appendOnlyFile'],
      [{ appendOnlyFile: 'a\0b' }, 'appendOnlyFile'],
      [{ fsync: 'sometimes' }, 'fsync'],
      [{ clock: {} }, 'clock'],
      [{ clock: null }, 'clock'],
      [{ log: 'stdout' }, 'log'],
      [{ prot: 1 }, 'prot', /no option prot/],
      [null, 'options'],
      ['redis://localhost', 'options'],
      [{ config: null }, 'config'],
      [{ config: 'maxclients 5' }, 'config'],
      [{ config: [['maxclients', '5']] }, 'config'],
      [{ config: { maxclients: 5 } }, 'config.maxclients', /must be a string/],
      [{ config: { nope: '1' } }, 'config.nope', /no parameter has this name/],
      [{ config: { maxclients: 'x' } }, 'config.maxclients', /argument couldn't be parsed into an integer/],
      [{ config: { MaxClients: '0' } }, 'config.MaxClients', /between 1 and/],
      [{ config: { maxclients: '5', MAXCLIENTS: '6' } }, 'config.maxclients', /duplicate/],
      [{ config: { appendonly: 'yes' } }, 'config.appendonly', /without an append-only file/],
      [{ config: { daemonize: 'yes' } }, 'config.daemonize', /immutable/],
      [{ config: { constructor: 'x' } }, 'config.constructor'],
    ]
    for (const [options, option, message = /./] of wrong) {
      it(`refuse ${inspect(options)}, naming ${option}`, async () => {
        const error = await refusal(options)
        expect(error).to.be.instanceOf(InvalidOptionError).and.include({ code: 'ERR_INVALID_OPTION', option })
        expect(error.message).to.match(message)
      })
    }

    it('refuse a value of any parameter by its name', async () => {
      const values = ['\0', '-99999999999999999999', 'neither', '']
      const known = [...PARAMETERS.keys()]
      const refusals = await Promise.all(
        known.flatMap((name) =>
          values.map(async (value) => [name, await refusal({ config: { [name]: value } })] as const),
        ),
      )
      const refused = refusals.filter(([, error]) => error !== undefined)
      for (const [name, error] of refused) {
        expect(error, name).to.be.instanceOf(InvalidOptionError).with.property('option', `config.${name}`)
      }
      expect(new Set(refused.map(([name]) => name)).size).to.be.greaterThan(known.length / 2)
    })

    it('are read once, from getters and prototypes too', async () => {
      let reads = 0
      class Options {
        get password(): string {
          return `${reads++ === 0 ? 'first' : 'other'}`
        }
      }
      await using server = await EmbeddedRedis.start(new Options())
      expect(server.url).to.match(/^redis:\/\/:first@/)
    })

    it('name every one with its default', () => {
      expect(DEFAULTS).to.include({ host: '127.0.0.1', port: 0, password: '', maxClients: 10_000 })
    })

    it('tell where it listens', async () => {
      await start({ password: 'a b@c' })
      expect(redis.port).to.be.greaterThan(0)
      expect(redis.url).to.equal(`redis://:a%20b%40c@127.0.0.1:${redis.port}`)
    })

    it('tell the password that clients must give now, whoever has set it', async () => {
      await start({ config: { requirepass: 'pä ss@/' } })
      const url = new URL(redis.url)
      expect(decodeURIComponent(url.password)).to.equal('pä ss@/')
      const client = await connect()
      const password = Buffer.from('pä ss@/').toString('latin1')
      expect(await client.call('PING')).to.match(/^-NOAUTH/)
      expect(await client.call('AUTH', password)).to.equal('+OK\r\n')
      await client.call('CONFIG', 'SET', 'requirepass', 'new')
      expect(redis.url).to.equal(`redis://:new@127.0.0.1:${redis.port}`)
      await client.call('CONFIG', 'SET', 'requirepass', '')
      expect(redis.url).to.equal(`redis://127.0.0.1:${redis.port}`)
    })

    it('fail if the port is taken, and leave nothing behind', async () => {
      await start()
      const error: unknown = await EmbeddedRedis.start({ port: redis.port }).catch((e: unknown) => e)
      expect(error).to.have.property('code', 'EADDRINUSE')
    })

    it('disable commands', async () => {
      await start({ disabledCommands: ['flushall', 'KEYS'] })
      const client = await connect()
      expect(await client.call('FLUSHALL')).to.match(/^-ERR unknown command 'FLUSHALL'/)
      expect(await client.call('COMMAND', 'INFO', 'keys')).to.equal('*1\r\n$-1\r\n')
    })

    it('set parameters', async () => {
      await start({ config: { 'notify-keyspace-events': 'KEA', timeout: '5' } })
      const client = await connect()
      expect(await client.call('CONFIG', 'GET', 'notify-keyspace-events')).to.include('AKE')
    })
  })

  describe('passwords', () => {
    it('are asked of every client, in UTF-8', async () => {
      await start({ password: 'grün' })
      const client = await connect()
      expect(await client.call('PING')).to.equal('-NOAUTH Authentication required.\r\n')
      expect(await client.call('HELLO', '3')).to.match(/^-NOAUTH HELLO must be called/)
      expect(await client.call('AUTH', 'wrong')).to.match(/^-WRONGPASS/)
      expect(await client.call('AUTH', Buffer.from('grün').toString('latin1'))).to.equal('+OK\r\n')
      expect(await client.call('PING')).to.equal('+PONG\r\n')
      expect(await client.call('RESET')).to.equal('+RESET\r\n')
      expect(await client.call('PING')).to.match(/^-NOAUTH/)
    })

    it('bound what a stranger may send', async () => {
      await start({ password: 'secret' })
      const many = await connect()
      many.write('*11\r\n')
      expect(await many.untilClosed()).to.equal('-ERR Protocol error: unauthenticated multibulk length\r\n')
      const large = await connect()
      large.write('*2\r\n$4\r\nAUTH\r\n$16385\r\n')
      expect(await large.untilClosed()).to.equal('-ERR Protocol error: unauthenticated bulk length\r\n')
    })

    it('may be set and dropped while it runs', async () => {
      await start()
      const [one, other] = [await connect(), await connect()]
      expect(await one.call('CONFIG', 'SET', 'requirepass', 'x')).to.equal('+OK\r\n')
      expect(await one.call('PING')).to.equal('+PONG\r\n')
      expect(await (await connect()).call('PING')).to.match(/^-NOAUTH/)
      expect(await other.call('CONFIG', 'SET', 'requirepass', '')).to.equal('+OK\r\n')
      expect(await (await connect()).call('PING')).to.equal('+PONG\r\n')
    })
  })

  describe('limits', () => {
    it('refuse one client too many, as Redis does', async () => {
      await start({ maxClients: 2 })
      const first = await connect()
      await first.call('PING')
      await (await connect()).call('PING')
      expect(await (await connect()).untilClosed()).to.equal('-ERR max number of clients reached\r\n')
      await first.call('CONFIG', 'SET', 'maxclients', '3')
      expect(await (await connect()).call('PING')).to.equal('+PONG\r\n')
    })

    it('drop a subscriber that does not read, and leave the others alone', async () => {
      await start({ config: { 'client-output-buffer-limit': 'pubsub 1mb 0 0' } })
      const [slow, quick, publisher] = [await connect(), await connect(), await connect()]
      await slow.call('SUBSCRIBE', 'news')
      await quick.call('SUBSCRIBE', 'news')
      slow.pause()
      const message = 'x'.repeat(100_000)
      let receivers = ''
      for (let i = 0; i < 1000 && receivers !== ':1\r\n'; i++) {
        receivers = await publisher.call('PUBLISH', 'news', message)
        expect(await quick.reply()).to.include('message')
      }
      expect(receivers).to.equal(':1\r\n')
    })

    it('drop who stays over the soft limit for too long', async () => {
      await start({ config: { 'client-output-buffer-limit': 'pubsub 0 100kb 10' } })
      const [slow, publisher] = [await connect(), await connect()]
      await slow.call('SUBSCRIBE', 'news')
      slow.pause()
      const message = 'x'.repeat(1_000_000)
      for (let i = 0; i < 20; i++) expect(await publisher.call('PUBLISH', 'news', message)).to.equal(':1\r\n')
      clock.advance(11_000)
      // The one that finds it too slow still counts it.
      expect(await publisher.call('PUBLISH', 'news', 'x')).to.equal(':1\r\n')
      expect(await publisher.call('PUBLISH', 'news', 'x')).to.equal(':0\r\n')
    })

    it('drop who sends more than is executed', async () => {
      await start({ maxQueryBytes: 1024 * 1024 })
      const client = await connect()
      client.send('BLPOP', 'nothing', '0')
      for (let i = 0; i < 20; i++) client.send('SET', 'k', 'x'.repeat(100_000))
      await client.untilClosed()
      expect(await (await connect()).call('EXISTS', 'k')).to.equal(':0\r\n')
    })

    it('refuse a length before anything of it has arrived', async () => {
      await start({ maxBulkBytes: 1024 * 1024, maxArguments: 1024 })
      const large = await connect()
      large.write('*2\r\n$4\r\nECHO\r\n$1048577\r\n')
      expect(await large.untilClosed()).to.equal('-ERR Protocol error: invalid bulk length\r\n')
      const many = await connect()
      many.write('*1025\r\n')
      expect(await many.untilClosed()).to.equal('-ERR Protocol error: invalid multibulk length\r\n')
    })

    it('close who is idle for too long, but not who waits or listens', async () => {
      await start({ config: { timeout: '10' } })
      const [idle, waiting, listening, busy] = [await connect(), await connect(), await connect(), await connect()]
      await idle.call('PING')
      waiting.send('BLPOP', 'a', '0')
      await listening.call('SUBSCRIBE', 'a')
      clock.advance(9000)
      await busy.call('PING')
      clock.advance(3000)
      expect(await idle.untilClosed()).to.equal('')
      expect(await busy.call('RPUSH', 'a', 'x')).to.equal(':1\r\n')
      expect(await waiting.reply()).to.include('x')
      expect(await busy.call('PUBLISH', 'a', 'x')).to.equal(':1\r\n')
    })
  })

  describe('time', () => {
    it('removes keys when it comes, whether or not anybody asks', async () => {
      await start({ config: { 'notify-keyspace-events': 'Ex' } })
      const [client, listener] = [await connect(), await connect()]
      await listener.call('PSUBSCRIBE', '__key*__:*')
      await client.call('SET', 'a', '1', 'PX', '1000')
      await client.call('SET', 'b', '1', 'PX', '500')
      await client.call('SET', 'c', '1', 'PX', '2000')
      await client.call('PERSIST', 'c')
      expect(clock.pending).to.equal(1)
      clock.advance(501)
      expect(await listener.reply()).to.include('b')
      expect(await client.call('PTTL', 'a')).to.equal(':499\r\n')
      clock.advance(500)
      expect(await listener.reply()).to.include('a')
      expect(await client.call('DBSIZE')).to.equal(':1\r\n')
      expect(clock.pending, 'nothing is due, nothing is armed').to.equal(0)
    })

    it('removes a great many keys without keeping others waiting', async () => {
      await start()
      const client = await connect()
      for (let i = 0; i < 2500; i++) client.send('SET', `k${i}`, '', 'PX', '10')
      await client.replies(2500)
      clock.advance(11)
      expect(await client.call('DBSIZE')).to.equal(':0\r\n')
      expect(await client.call('INFO', 'stats')).to.include('expired_keys:2500\r\n')
    })

    it('ends a wait, in order', async () => {
      await start()
      const [one, other] = [await connect(), await connect()]
      one.send('BLPOP', 'a', '1.5')
      other.send('BLMOVE', 'a', 'b', 'LEFT', 'LEFT', '1')
      await (await connect()).call('PING')
      clock.advance(1000)
      expect(await other.reply()).to.match(/^[*$]-1\r\n$/)
      clock.advance(500)
      expect(await one.reply()).to.equal('*-1\r\n')
    })

    it('stands for waits longer than a timer of Node', async () => {
      await start()
      const [client, other] = [await connect(), await connect()]
      client.send('BLPOP', 'a', '5000000')
      await other.call('PING')
      clock.advance(4_999_999_999)
      expect(await other.call('RPUSH', 'a', 'x')).to.equal(':1\r\n')
      expect(await client.reply()).to.include('x')
    })

    it('stands still within a transaction', async () => {
      await start()
      const client = await connect()
      await client.call('SET', 'a', '1', 'PX', '100')
      clock.advance(100)
      await client.call('MULTI')
      await client.call('GET', 'a')
      await client.call('PTTL', 'a')
      expect(await client.call('EXEC')).to.equal('*2\r\n$1\r\n1\r\n:0\r\n')
    })

    it('aborts a transaction that watches a key which expires', async () => {
      await start()
      const client = await connect()
      await client.call('SET', 'a', '1', 'PX', '100')
      await client.call('WATCH', 'a')
      await client.call('MULTI')
      clock.advance(101)
      await client.call('PING')
      expect(await client.call('EXEC')).to.equal('*-1\r\n')
    })

    it('ends a pause', async () => {
      await start()
      const [one, other] = [await connect(), await connect()]
      await one.call('CLIENT', 'PAUSE', '1000')
      other.send('PING')
      one.send('PING')
      clock.advance(1000)
      expect(await one.reply()).to.equal('+PONG\r\n')
      expect(await other.reply()).to.equal('+PONG\r\n')
    })

    it('is what TIME and TTL tell', async () => {
      await start()
      const client = await connect()
      expect(await client.call('TIME')).to.equal('*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n')
      await client.call('SET', 'a', '1', 'EX', '10')
      clock.advance(1234)
      expect(await client.call('TTL', 'a')).to.equal(':9\r\n')
      expect(await client.call('EXPIRETIME', 'a')).to.equal(':1700000010\r\n')
      expect(await client.call('OBJECT', 'IDLETIME', 'a')).to.equal(':1\r\n')
    })
  })

  describe('close', () => {
    it('lets clients have the replies to what they have sent', async () => {
      await start()
      const client = await connect()
      await client.call('PING')
      for (let i = 0; i < 100; i++) client.send('ECHO', 'x'.repeat(1000))
      await client.reply()
      await redis.close()
      expect((await client.untilClosed()).length).to.equal(99 * 1009)
    })

    it('ends waits, timers and connections', async () => {
      await start()
      const [waiting, other] = [await connect(), await connect()]
      waiting.send('BLPOP', 'a', '10')
      await other.call('SET', 'k', 'v', 'PX', '100')
      await redis.close()
      expect(await waiting.untilClosed()).to.equal('')
      expect(clock.pending).to.equal(0)
    })

    it('does not wait for ever for who does not read', async () => {
      await start({ closeTimeoutMs: 10 })
      const client = await connect()
      client.pause()
      for (let i = 0; i < 50; i++) client.send('ECHO', 'x'.repeat(1_000_000))
      await (await connect()).call('PING')
      await redis.close()
    })

    it('gives the same promise twice, and listens no more', async () => {
      await start()
      const { port } = redis
      expect(redis.close()).to.equal(redis.close())
      await redis[Symbol.asyncDispose]()
      const error: unknown = await RawClient.connect(port).catch((e: unknown) => e)
      expect(error).to.have.property('code', 'ECONNREFUSED')
    })

    it('is what SHUTDOWN asks for', async () => {
      await start()
      const client = await connect()
      client.send('SHUTDOWN', 'NOSAVE')
      expect(await client.untilClosed()).to.equal('')
      await redis.closed
    })
  })

  it('closes its port for a while when accepting fails, and keeps the clients it has', async () => {
    await start()
    let server: EventEmitter | undefined
    const notice = (message: unknown): void => {
      server = (message as { readonly socket: { readonly server: EventEmitter } }).socket.server
    }
    subscribe('net.server.socket', notice)
    const client = await connect()
    await client.call('PING')
    unsubscribe('net.server.socket', notice)
    server!.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))
    expect(await RawClient.connect(redis.port).catch(() => 'refused')).to.equal('refused')
    expect(await client.call('PING')).to.equal('+PONG\r\n')
    clock.advance(1000)
    for (let connected = false; !connected; )
      connected = await connect().then(
        () => true,
        () => false,
      )
    expect(await clients.at(-1)!.call('PING')).to.equal('+PONG\r\n')
  })

  it('answers nobody for a while when asked to sleep, and goes on itself', async () => {
    await start()
    const [one, other] = [await connect(), await connect()]
    one.send('DEBUG', 'SLEEP', '1.5')
    one.send('PING')
    while (clock.pending < 2) await new Promise(setImmediate)
    other.send('PING')
    clock.advance(1500)
    expect(await one.replies(2)).to.deep.equal(['+OK\r\n', '+PONG\r\n'])
    expect(await other.reply()).to.equal('+PONG\r\n')
  })

  it('estimates what keys take', async () => {
    await start()
    const client = await connect()
    const usage = async (key: string): Promise<number> => Number((await client.call('MEMORY', 'USAGE', key)).slice(1))
    await client.call('SET', 'string', 'x'.repeat(1000))
    expect(await usage('string')).to.be.within(1000, 1500)
    const many = Array.from({ length: 1000 }, (_, i) => `member-${i}`)
    await client.call('RPUSH', 'list', ...many)
    await client.call('SADD', 'set', ...many)
    await client.call('HSET', 'hash', ...many)
    await client.call('ZADD', 'zset', ...many.flatMap((member, i) => [`${i}`, member]))
    await client.call('XADD', 'stream', '*', ...many)
    for (const key of ['list', 'set', 'hash', 'zset']) expect(await usage(key), key).to.be.within(10_000, 200_000)
    expect(await usage('stream')).to.be.greaterThan(9000)
    expect(await client.call('MEMORY', 'USAGE', 'none')).to.equal('$-1\r\n')
  })

  it('tells of its clients', async () => {
    await start()
    const [one, other] = [await connect(), await connect()]
    await one.call('CLIENT', 'SETNAME', 'one')
    await one.call('CLIENT', 'SETINFO', 'lib-name', 'lib')
    await one.call('CLIENT', 'SETINFO', 'LIB-VER', '1.0')
    await one.call('SELECT', '3')
    await one.call('WATCH', 'a')
    await one.call('MULTI')
    await one.call('PING')
    clock.advance(2500)
    await other.call('SUBSCRIBE', 'x')
    const third = await connect()
    const lines = (await third.call('CLIENT', 'LIST')).split('\n')
    expect(lines[1]).to.match(
      /^id=1 addr=127.0.0.1:\d+ laddr=127.0.0.1:\d+ fd=-?\d+ name=one age=2 idle=2 flags=x db=3 sub=0 psub=0 ssub=0 multi=1 .* cmd=multi user=default redir=-1 resp=2 lib-name=lib lib-ver=1.0/,
    )
    expect(lines[2]).to.match(/^id=2 .* flags=P db=0 sub=1 .* multi=-1 .* cmd=subscribe/)
    expect(lines[3]).to.match(/^id=3 .* flags=N .* qbuf=26 .* argv-mem=10 .* cmd=client\|list/)
    expect(await third.call('CLIENT', 'LIST', 'TYPE', 'pubsub')).to.match(/\nid=2 /)
    expect(await third.call('CLIENT', 'KILL', 'ID', '2')).to.equal(':1\r\n')
    await other.untilClosed()
    expect(await third.call('INFO', 'clients')).to.include('connected_clients:2\r\n')
  })

  it('keeps connections out of the heap when they are gone', async () => {
    await start()
    for (let i = 0; i < 200; i++) {
      const client = await RawClient.connect(redis.port)
      await client.call('SUBSCRIBE', `c${i}`)
      await client.close()
    }
    const client = await connect()
    while (!(await client.call('INFO', 'clients')).includes('connected_clients:1\r\n'));
    expect(await client.call('PUBSUB', 'CHANNELS')).to.equal('*0\r\n')
  })
})
