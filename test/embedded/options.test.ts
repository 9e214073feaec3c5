import { inspect } from 'node:util'
import { expect } from 'chai'
import { InvalidOptionError } from 'redis-object-rpc'
import { PARAMETERS } from '../../lib/embedded/config/parameters.ts'
import { EMBEDDED_REDIS_DEFAULTS, EmbeddedRedis, type EmbeddedRedisOptions } from '../../lib/embedded/index.ts'
import { ownServer } from './helpers/own-server.ts'

/** What a start is refused with; undefined if it is not. */
async function refusal(options: unknown): Promise<InvalidOptionError> {
  return await EmbeddedRedis.start(options as EmbeddedRedisOptions).then(
    (server) => server.close() as Promise<never>,
    (error) => error,
  )
}

describe('options of the embedded server', () => {
  const own = ownServer()

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
    [{ config: new Map([['requirepass', 'secret']]) }, 'config'],
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
    expect(EMBEDDED_REDIS_DEFAULTS).to.include({ host: '127.0.0.1', port: 0, password: '', maxClients: 10_000 })
  })

  it('tell where it listens', async () => {
    await own.start({ password: 'a b@c' })
    expect(own.redis.port).to.be.greaterThan(0)
    expect(own.redis.url).to.equal(`redis://:a%20b%40c@127.0.0.1:${own.redis.port}`)
  })

  it('tell the password that clients must give now, whoever has set it', async () => {
    await own.start({ config: { requirepass: 'pä ss@/' } })
    const url = new URL(own.redis.url)
    expect(decodeURIComponent(url.password)).to.equal('pä ss@/')
    const client = await own.connect()
    const password = Buffer.from('pä ss@/').toString('latin1')
    expect(await client.call('PING')).to.match(/^-NOAUTH/)
    expect(await client.call('AUTH', password)).to.equal('+OK\r\n')
    await client.call('CONFIG', 'SET', 'requirepass', 'new')
    expect(own.redis.url).to.equal(`redis://:new@127.0.0.1:${own.redis.port}`)
    await client.call('CONFIG', 'SET', 'requirepass', '')
    expect(own.redis.url).to.equal(`redis://127.0.0.1:${own.redis.port}`)
  })

  it('fail if the port is taken, and leave nothing behind', async () => {
    await own.start()
    const error: unknown = await EmbeddedRedis.start({ port: own.redis.port }).catch((e: unknown) => e)
    expect(error).to.have.property('code', 'EADDRINUSE')
  })

  it('disable commands', async () => {
    await own.start({ disabledCommands: ['flushall', 'KEYS'] })
    const client = await own.connect()
    expect(await client.call('FLUSHALL')).to.match(/^-ERR unknown command 'FLUSHALL'/)
    expect(await client.call('COMMAND', 'INFO', 'keys')).to.equal('*1\r\n$-1\r\n')
  })

  it('set parameters', async () => {
    await own.start({ config: { 'notify-keyspace-events': 'KEA', timeout: '5' } })
    const client = await own.connect()
    expect(await client.call('CONFIG', 'GET', 'notify-keyspace-events')).to.include('AKE')
  })
})
