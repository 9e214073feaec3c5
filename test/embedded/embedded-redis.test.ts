import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'
import { expect } from 'chai'
import { ownServer } from './helpers/own-server.ts'
import { RawClient } from './helpers/raw-client.ts'

describe('EmbeddedRedis', () => {
  const own = ownServer()

  describe('passwords', () => {
    it('are asked of every client, in UTF-8', async () => {
      await own.start({ password: 'grün' })
      const client = await own.connect()
      expect(await client.call('PING')).to.equal('-NOAUTH Authentication required.\r\n')
      expect(await client.call('HELLO', '3')).to.match(/^-NOAUTH HELLO must be called/)
      expect(await client.call('AUTH', 'wrong')).to.match(/^-WRONGPASS/)
      expect(await client.call('AUTH', Buffer.from('grün').toString('latin1'))).to.equal('+OK\r\n')
      expect(await client.call('PING')).to.equal('+PONG\r\n')
      expect(await client.call('RESET')).to.equal('+RESET\r\n')
      expect(await client.call('PING')).to.match(/^-NOAUTH/)
    })

    it('bound what a stranger may send', async () => {
      await own.start({ password: 'secret' })
      const many = await own.connect()
      many.write('*11\r\n')
      expect(await many.untilClosed()).to.equal('-ERR Protocol error: unauthenticated multibulk length\r\n')
      const large = await own.connect()
      large.write('*2\r\n$4\r\nAUTH\r\n$16385\r\n')
      expect(await large.untilClosed()).to.equal('-ERR Protocol error: unauthenticated bulk length\r\n')
    })

    it('may be set and dropped while it runs', async () => {
      await own.start()
      const [one, other] = [await own.connect(), await own.connect()]
      expect(await one.call('CONFIG', 'SET', 'requirepass', 'x')).to.equal('+OK\r\n')
      expect(await one.call('PING')).to.equal('+PONG\r\n')
      expect(await (await own.connect()).call('PING')).to.match(/^-NOAUTH/)
      expect(await other.call('CONFIG', 'SET', 'requirepass', '')).to.equal('+OK\r\n')
      expect(await (await own.connect()).call('PING')).to.equal('+PONG\r\n')
    })
  })

  describe('limits', () => {
    it('refuse one client too many, as Redis does', async () => {
      await own.start({ maxClients: 2 })
      const first = await own.connect()
      await first.call('PING')
      await (await own.connect()).call('PING')
      expect(await (await own.connect()).untilClosed()).to.equal('-ERR max number of clients reached\r\n')
      await first.call('CONFIG', 'SET', 'maxclients', '3')
      expect(await (await own.connect()).call('PING')).to.equal('+PONG\r\n')
    })

    it('drop a subscriber that does not read, and leave the others alone', async () => {
      await own.start({ config: { 'client-output-buffer-limit': 'pubsub 1mb 0 0' } })
      const [slow, quick, publisher] = [await own.connect(), await own.connect(), await own.connect()]
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
      await own.start({ config: { 'client-output-buffer-limit': 'pubsub 0 100kb 10' } })
      const [slow, publisher] = [await own.connect(), await own.connect()]
      await slow.call('SUBSCRIBE', 'news')
      slow.pause()
      const message = 'x'.repeat(1_000_000)
      for (let i = 0; i < 20; i++) expect(await publisher.call('PUBLISH', 'news', message)).to.equal(':1\r\n')
      own.clock.advance(11_000)
      // The one that finds it too slow still counts it.
      expect(await publisher.call('PUBLISH', 'news', 'x')).to.equal(':1\r\n')
      expect(await publisher.call('PUBLISH', 'news', 'x')).to.equal(':0\r\n')
    })

    it('drop who sends more than is executed', async () => {
      await own.start({ maxQueryBytes: 1024 * 1024 })
      const client = await own.connect()
      client.send('BLPOP', 'nothing', '0')
      for (let i = 0; i < 20; i++) client.send('SET', 'k', 'x'.repeat(100_000))
      await client.untilClosed()
      expect(await (await own.connect()).call('EXISTS', 'k')).to.equal(':0\r\n')
    })

    it('refuse a length before anything of it has arrived', async () => {
      await own.start({ maxBulkBytes: 1024 * 1024, maxArguments: 1024 })
      const large = await own.connect()
      large.write('*2\r\n$4\r\nECHO\r\n$1048577\r\n')
      expect(await large.untilClosed()).to.equal('-ERR Protocol error: invalid bulk length\r\n')
      const many = await own.connect()
      many.write('*1025\r\n')
      expect(await many.untilClosed()).to.equal('-ERR Protocol error: invalid multibulk length\r\n')
    })

    it('close who is idle for too long, but not who waits or listens', async () => {
      await own.start({ config: { timeout: '10' } })
      const [idle, waiting, listening, busy] = [
        await own.connect(),
        await own.connect(),
        await own.connect(),
        await own.connect(),
      ]
      await idle.call('PING')
      waiting.send('BLPOP', 'a', '0')
      await listening.call('SUBSCRIBE', 'a')
      own.clock.advance(9000)
      await busy.call('PING')
      own.clock.advance(3000)
      expect(await idle.untilClosed()).to.equal('')
      expect(await busy.call('RPUSH', 'a', 'x')).to.equal(':1\r\n')
      expect(await waiting.reply()).to.include('x')
      expect(await busy.call('PUBLISH', 'a', 'x')).to.equal(':1\r\n')
    })
  })

  describe('time', () => {
    it('removes keys when it comes, whether or not anybody asks', async () => {
      await own.start({ config: { 'notify-keyspace-events': 'Ex' } })
      const [client, listener] = [await own.connect(), await own.connect()]
      await listener.call('PSUBSCRIBE', '__key*__:*')
      await client.call('SET', 'a', '1', 'PX', '1000')
      await client.call('SET', 'b', '1', 'PX', '500')
      await client.call('SET', 'c', '1', 'PX', '2000')
      await client.call('PERSIST', 'c')
      expect(own.clock.pending).to.equal(1)
      own.clock.advance(501)
      expect(await listener.reply()).to.include('b')
      expect(await client.call('PTTL', 'a')).to.equal(':499\r\n')
      own.clock.advance(500)
      expect(await listener.reply()).to.include('a')
      expect(await client.call('DBSIZE')).to.equal(':1\r\n')
      expect(own.clock.pending, 'nothing is due, nothing is armed').to.equal(0)
    })

    it('removes a great many keys without keeping others waiting', async () => {
      await own.start()
      const client = await own.connect()
      for (let i = 0; i < 2500; i++) client.send('SET', `k${i}`, '', 'PX', '10')
      await client.replies(2500)
      own.clock.advance(11)
      expect(await client.call('DBSIZE')).to.equal(':0\r\n')
      expect(await client.call('INFO', 'stats')).to.include('expired_keys:2500\r\n')
    })

    it('ends a wait, in order', async () => {
      await own.start()
      const [one, other] = [await own.connect(), await own.connect()]
      one.send('BLPOP', 'a', '1.5')
      other.send('BLMOVE', 'a', 'b', 'LEFT', 'LEFT', '1')
      await (await own.connect()).call('PING')
      own.clock.advance(1000)
      expect(await other.reply()).to.match(/^[*$]-1\r\n$/)
      own.clock.advance(500)
      expect(await one.reply()).to.equal('*-1\r\n')
    })

    it('times out a wait that is longer than a timer of Node can be', async () => {
      await own.start()
      const [client, other] = [await own.connect(), await own.connect()]
      client.send('BLPOP', 'a', '5000000')
      await other.call('PING')
      own.clock.advance(4_999_999_999)
      expect(await other.call('RPUSH', 'a', 'x')).to.equal(':1\r\n')
      expect(await client.reply()).to.include('x')
    })

    it('does not move on within a transaction', async () => {
      await own.start()
      const client = await own.connect()
      await client.call('SET', 'a', '1', 'PX', '100')
      own.clock.advance(100)
      await client.call('MULTI')
      await client.call('GET', 'a')
      await client.call('PTTL', 'a')
      expect(await client.call('EXEC')).to.equal('*2\r\n$1\r\n1\r\n:0\r\n')
    })

    it('aborts a transaction that watches a key which expires', async () => {
      await own.start()
      const client = await own.connect()
      await client.call('SET', 'a', '1', 'PX', '100')
      await client.call('WATCH', 'a')
      await client.call('MULTI')
      own.clock.advance(101)
      await client.call('PING')
      expect(await client.call('EXEC')).to.equal('*-1\r\n')
    })

    it('ends a pause', async () => {
      await own.start()
      const [one, other] = [await own.connect(), await own.connect()]
      await one.call('CLIENT', 'PAUSE', '1000')
      other.send('PING')
      one.send('PING')
      own.clock.advance(1000)
      expect(await one.reply()).to.equal('+PONG\r\n')
      expect(await other.reply()).to.equal('+PONG\r\n')
    })

    it('is what TIME and TTL tell', async () => {
      await own.start()
      const client = await own.connect()
      expect(await client.call('TIME')).to.equal('*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n')
      await client.call('SET', 'a', '1', 'EX', '10')
      own.clock.advance(1234)
      expect(await client.call('TTL', 'a')).to.equal(':9\r\n')
      expect(await client.call('EXPIRETIME', 'a')).to.equal(':1700000010\r\n')
      expect(await client.call('OBJECT', 'IDLETIME', 'a')).to.equal(':1\r\n')
    })
  })

  describe('close', () => {
    it('lets clients have the replies to what they have sent', async () => {
      await own.start()
      const client = await own.connect()
      await client.call('PING')
      for (let i = 0; i < 100; i++) client.send('ECHO', 'x'.repeat(1000))
      await client.reply()
      await own.redis.close()
      expect((await client.untilClosed()).length).to.equal(99 * 1009)
    })

    it('ends waits, timers and connections', async () => {
      await own.start()
      const [waiting, other] = [await own.connect(), await own.connect()]
      waiting.send('BLPOP', 'a', '10')
      await other.call('SET', 'k', 'v', 'PX', '100')
      await own.redis.close()
      expect(await waiting.untilClosed()).to.equal('')
      expect(own.clock.pending).to.equal(0)
    })

    it('does not wait for ever for who does not read', async () => {
      await own.start({ closeTimeoutMs: 10 })
      const client = await own.connect()
      client.pause()
      for (let i = 0; i < 50; i++) client.send('ECHO', 'x'.repeat(1_000_000))
      await (await own.connect()).call('PING')
      await own.redis.close()
    })

    it('gives the same promise twice, and listens no more', async () => {
      await own.start()
      const { port } = own.redis
      expect(own.redis.close()).to.equal(own.redis.close())
      await own.redis[Symbol.asyncDispose]()
      const error: unknown = await RawClient.connect(port).catch((e: unknown) => e)
      expect(error).to.have.property('code', 'ECONNREFUSED')
    })

    it('is what SHUTDOWN asks for', async () => {
      await own.start()
      const client = await own.connect()
      client.send('SHUTDOWN', 'NOSAVE')
      expect(await client.untilClosed()).to.equal('')
      await own.redis.closed
    })
  })

  it('closes its port for a while when accepting fails, and keeps the clients it has', async () => {
    await own.start()
    let server: EventEmitter | undefined
    const notice = (message: unknown): void => {
      server = (message as { readonly socket: { readonly server: EventEmitter } }).socket.server
    }
    subscribe('net.server.socket', notice)
    const client = await own.connect()
    await client.call('PING')
    unsubscribe('net.server.socket', notice)
    server!.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))
    expect(await RawClient.connect(own.redis.port).catch(() => 'refused')).to.equal('refused')
    expect(await client.call('PING')).to.equal('+PONG\r\n')
    own.clock.advance(1000)
    let next: RawClient | undefined
    while (next === undefined) next = await own.connect().catch(() => undefined)
    expect(await next.call('PING')).to.equal('+PONG\r\n')
  })

  it('answers nobody for a while when asked to sleep, and goes on itself', async () => {
    await own.start()
    const [one, other] = [await own.connect(), await own.connect()]
    one.send('DEBUG', 'SLEEP', '1.5')
    one.send('PING')
    while (own.clock.pending < 2) await new Promise(setImmediate)
    other.send('PING')
    own.clock.advance(1500)
    expect(await one.replies(2)).to.deep.equal(['+OK\r\n', '+PONG\r\n'])
    expect(await other.reply()).to.equal('+PONG\r\n')
  })

  it('estimates what keys take', async () => {
    await own.start()
    const client = await own.connect()
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

  it('lists its clients, with what each of them does', async () => {
    await own.start()
    const [one, other] = [await own.connect(), await own.connect()]
    await one.call('CLIENT', 'SETNAME', 'one')
    await one.call('CLIENT', 'SETINFO', 'lib-name', 'lib')
    await one.call('CLIENT', 'SETINFO', 'LIB-VER', '1.0')
    await one.call('SELECT', '3')
    await one.call('WATCH', 'a')
    await one.call('MULTI')
    await one.call('PING')
    own.clock.advance(2500)
    await other.call('SUBSCRIBE', 'x')
    const third = await own.connect()
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
    await own.start()
    for (let i = 0; i < 200; i++) {
      const client = await RawClient.connect(own.redis.port)
      await client.call('SUBSCRIBE', `c${i}`)
      await client.close()
    }
    const client = await own.connect()
    while (!(await client.call('INFO', 'clients')).includes('connected_clients:1\r\n'));
    expect(await client.call('PUBSUB', 'CHANNELS')).to.equal('*0\r\n')
  })
})
