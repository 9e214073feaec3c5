import { expect } from 'chai'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { until } from '../../helpers/until.ts'
import { encodeCommand } from '../helpers/raw-client.ts'
import { freshPath, PersistentServer } from './server.ts'
import { SlowFiles } from './slow-files.ts'

const NO_SPACE = { code: 'ENOSPC', errno: -28 }
const BROKEN = { code: 'EIO', errno: -5 }
const MISCONF = '-MISCONF Errors writing to the AOF file: No space left on device\r\n'

async function start(fsync: string) {
  const files = new SlowFiles()
  const clock = new ManualClock()
  const server = await PersistentServer.start(freshPath(), { clock, files, config: { appendfsync: fsync } })
  return { files, clock, server, client: await server.connect() }
}

async function reload(server: PersistentServer): Promise<string> {
  await server.close()
  await using again = await PersistentServer.start(server.path)
  const client = await again.connect()
  client.write('GET a\r\nGET b\r\nGET c\r\n')
  const replies = await client.replies(3)
  await client.close()
  return replies
    .join('')
    .replace(/\$-?\d+\r\n/g, '')
    .replaceAll('\r\n', ' ')
    .trim()
}

describe('the append-only file', () => {
  it('always: a reply leaves only once its write is on disk, and one sync serves all who wait', async () => {
    const { files, server, client } = await start('always')
    files.holds = 'sync'
    const others = await Promise.all([server.connect(), server.connect()])
    let answered = 0
    const first = client.call('SET', 'a', '1').then(() => answered++)
    await until(() => files.held === 1)
    expect(server.text).to.include(encodeCommand(['SET', 'a', '1']))
    const later = others.map((other) => other.call('INCR', 'b').then(() => answered++))
    await until(() => server.engine.stats.commandsProcessed >= 3)
    expect(answered).to.equal(0)
    files.release()
    await first
    await until(() => files.held === 1)
    expect(answered, 'those executed during the sync wait for the next').to.equal(1)
    expect(server.text).to.include(encodeCommand(['INCR', 'b']).repeat(2))
    files.release()
    await Promise.all(later)
    expect(files.syncs).to.equal(2)
    files.holds = undefined
    expect(await client.call('GET', 'a')).to.equal('$1\r\n1\r\n')
    expect(files.syncs, 'a read needs no sync').to.equal(2)
    await server.close()
  })

  it('always: a client that leaves during the sync still gets all its replies, in order', async () => {
    const { files, server, client } = await start('always')
    files.holds = 'sync'
    client.write('SET a 1\r\n')
    await until(() => files.held === 1)
    client.write('SET b 2\r\nGET a\r\nQUIT\r\n')
    await until(() => server.engine.stats.commandsProcessed >= 4)
    files.holds = undefined
    files.release()
    expect(await client.untilClosed()).to.equal('+OK\r\n+OK\r\n$1\r\n1\r\n+OK\r\n')
    await server.close()
  })

  it('always: keeps nothing for a client that breaks off during the sync', async () => {
    const { files, clock, server, client } = await start('always')
    files.holds = 'sync'
    client.send('SET', 'a', '1')
    await until(() => files.held === 1)
    client.reset()
    await until(() => server.engine.clients.size === 0)
    files.holds = undefined
    files.release()
    await server.close()
    expect(clock.pending, 'timers').to.equal(0)
  })

  it('everysec: syncs a second after a write, and sleeps when there is none', async () => {
    const { files, clock, server, client } = await start('everysec')
    expect(clock.pending).to.equal(0)
    await client.call('SET', 'a', '1')
    await client.call('SET', 'b', '1')
    expect([files.syncs, clock.pending]).to.deep.equal([0, 1])
    clock.advance(1000)
    await until(() => files.syncs === 1)
    expect(clock.pending).to.equal(0)
    await server.close()
  })

  it('no: leaves syncing to the system, but for the last', async () => {
    const { files, clock, server, client } = await start('no')
    await client.call('SET', 'a', '1')
    expect([files.syncs, clock.pending]).to.deep.equal([0, 0])
    await server.close()
    expect(files.syncs).to.equal(1)
  })

  it('CONFIG SET appendfsync takes effect at once', async () => {
    const { files, server, client } = await start('no')
    await client.call('CONFIG', 'SET', 'appendfsync', 'always')
    await client.call('SET', 'a', '1')
    expect(files.syncs).to.equal(1)
    await server.close()
  })

  it('SAVE answers once all is on disk, and LASTSAVE tells when', async () => {
    const { files, clock, server, client } = await start('no')
    await client.call('SET', 'a', '1')
    clock.advance(5000)
    expect(await client.call('SAVE')).to.equal('+OK\r\n')
    expect(files.syncs).to.equal(1)
    expect(await client.call('LASTSAVE')).to.equal(`:${clock.now() / 1000}\r\n`)
    expect(await client.call('BGSAVE')).to.equal('+Background saving started\r\n')
    await server.close()
  })

  it('a full disk: writes are refused until there is room, reads are not, and nothing is lost', async () => {
    const { files, clock, server, client } = await start('everysec')
    await client.call('SET', 'a', '1')
    files.failure = { what: 'writeNow', ...NO_SPACE }
    files.bytesBeforeFailure = 7
    expect(await client.call('SET', 'b', '2')).to.equal('+OK\r\n')
    await until(() => !server.file.isWriting)
    expect(await client.call('SET', 'c', '3')).to.equal(MISCONF)
    expect(await client.call('PING')).to.equal(MISCONF)
    expect(await client.call('GET', 'b')).to.equal('$1\r\n2\r\n')
    expect(await client.call('EVAL', "return redis.call('SET', 'd', '4')", '0')).to.match(/^-MISCONF Errors writing/)
    expect(await client.call('EVAL', "return redis.call('GET', 'b')", '0')).to.equal('$1\r\n2\r\n')
    client.write('MULTI\r\nGET a\r\n')
    expect(await client.replies(2)).to.deep.equal(['+OK\r\n', '+QUEUED\r\n'])
    expect(await client.call('SET', 'c', '3')).to.equal(MISCONF)
    await client.call('DISCARD')
    expect(await client.call('INFO', 'persistence')).to.include('aof_last_write_status:err')
    clock.advance(1000)
    expect(await client.call('SET', 'c', '3')).to.equal(MISCONF)
    files.failure = undefined
    clock.advance(1000)
    expect(await client.call('SET', 'c', '3')).to.equal('+OK\r\n')
    expect(server.logged.join('\n')).to.include('succeeds again')
    expect(await reload(server)).to.equal('1 2 3')
  })

  it('a full disk, always: who wrote what cannot be kept is dropped without an answer', async () => {
    const { files, clock, server, client } = await start('always')
    files.failure = { what: 'writeNow', ...NO_SPACE }
    client.send('SET', 'a', '1')
    expect(await client.untilClosed()).to.equal('')
    const other = await server.connect()
    expect(await other.call('SET', 'b', '2')).to.equal(MISCONF)
    files.failure = undefined
    clock.advance(1000)
    expect(await other.call('SET', 'b', '2')).to.equal('+OK\r\n')
    expect(await reload(server)).to.equal('1 2')
  })

  it('a sync that fails: the file is written anew before writes are taken again', async () => {
    const { files, clock, server, client } = await start('always')
    await client.call('SET', 'a', '1')
    files.holds = 'sync'
    client.send('SET', 'b', '2')
    await until(() => files.held === 1)
    const late = await server.connect()
    late.send('SET', 'c', '3')
    await until(() => server.engine.stats.commandsProcessed >= 3)
    files.failure = { what: 'sync', ...BROKEN }
    files.holds = undefined
    files.release()
    expect(await client.untilClosed()).to.equal('')
    expect(await late.untilClosed(), 'executed during the sync that failed').to.equal('')
    files.failure = undefined
    clock.advance(1000)
    await until(() => server.file.isWriting)
    const other = await server.connect()
    expect(await other.call('GET', 'c')).to.equal('$1\r\n3\r\n')
    expect(await reload(server)).to.equal('1 2 3')
  })

  it('closing says so if the last writes cannot be kept', async () => {
    const { files, server, client } = await start('no')
    await client.call('SET', 'a', '1')
    files.failure = { what: 'sync', ...BROKEN }
    const end = await server.close().catch((error: Error) => error)
    expect(end).to.be.an('error').with.property('code', 'EIO')
  })

  it('leaves no timer behind when it closes', async () => {
    for (const fsync of ['always', 'everysec', 'no']) {
      const { clock, server, client } = await start(fsync)
      await client.call('SET', 'a', '1', 'PX', '100')
      await client.call('BGREWRITEAOF')
      await server.close()
      expect(clock.pending).to.equal(0)
    }
  })

  it('writes the removal of a key that nobody asks for', async () => {
    const { clock, server, client } = await start('no')
    await client.call('SET', 'a', '1', 'PX', '100')
    clock.advance(200)
    await until(() => server.text.endsWith(encodeCommand(['DEL', 'a'])))
    await server.close()
  })
})
