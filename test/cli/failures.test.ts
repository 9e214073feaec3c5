import { expect } from 'chai'
import { Redis } from 'ioredis'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { makeCertificate } from '../helpers/certificate.ts'
import { freePort, needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { runCli } from './run-cli.ts'

describe('redis-object-rpc that cannot do what it is told', () => {
  let redis: EmbeddedRedis
  before(async () => {
    redis = await EmbeddedRedis.start()
  })
  after(() => redis.close())

  for (const [what, args, problem] of [
    ['arguments that are not JSON5', ['call', 'calc', 'add', 'hello'], `a string needs its own quotes: '"hello"'`],
    ['arguments that end too early', ['call', 'calc', 'add', '{a:'], 'argument 1 is not JSON5: invalid end of input'],
    ['a file of arguments that is not there', ['call', 'calc', 'add', '--args', '/nope'], '--args: ENOENT'],
    ['arguments twice', ['call', 'calc', 'add', '1', '--args', '-'], 'not both'],
    ['an argument too few', ['call', 'calc'], 'missing required argument'],
    ['an option that there is not', ['call', 'calc', 'add', '--tmeout', '1'], '--timeout'],
    ['a time without a meaning', ['ping', 'calc', '--timeout', 'soon'], 'Write a time such as'],
    ['metadata without a value', ['call', 'calc', 'add', '-m', 'x'], 'Write key=value'],
    ['no call in flight', ['bench', 'calc', 'add', '-c', '0'], 'Write a whole number of at least 1'],
    ['a number of calls that is none', ['bench', 'calc', 'add', '-n', 'NaN'], 'Write a whole number of at least 1'],
    ['too many calls in flight', ['bench', 'calc', 'add', '-c', '10001'], 'from 1 to 10000'],
    ['to measure for no time', ['bench', 'calc', 'add', '-d', '0'], 'Write a time from 1ms to 24h'],
    ['to measure for years', ['bench', 'calc', 'add', '-d', '99999h'], 'at most 24h'],
    ['a command that there is not', ['clal'], 'Did you mean call?'],
    ['a command with a terminal sequence', ['\x1b[2J'], 'unknown command'],
    ['a URL that is none', ['--url', 'http://user:secret@host', 'ping', 'calc'], 'its scheme is none of these'],
    ['a certificate that is not there', ['--cacert', '/nope', 'ping', 'calc'], '--cacert: ENOENT'],
    ['another program behind options', ['--json', 'redis-cli', 'get', 'x'], 'redis-cli must come first'],
  ] as const) {
    it(`refuses ${what} with one line and exit code 2`, async () => {
      const { out, err, code } = await runCli(args, { url: redis.url })
      expect({ out, code }).to.deep.equal({ out: '', code: 2 })
      expect(err).to.match(/^error: \P{Cc}+\n$/u)
      expect(err).to.include(problem).and.not.to.include('secret')
    })
  }

  it('says that there is no Redis, and how to get one', async () => {
    const { out, err, code } = await runCli(['ping', 'calc'], { url: `redis://127.0.0.1:${await freePort()}` })
    expect({ out, code }).to.deep.equal({ out: '', code: 3 })
    expect(err).to.match(/^error: no connection to Redis at [^\n]*ECONNREFUSED[^\n]*"redis-object-rpc redis"[^\n]*\n$/)
  })

  it('says that the password is missing', async () => {
    await using locked = await EmbeddedRedis.start({ password: 'secret' })
    const { err, code } = await runCli(['--url', `redis://127.0.0.1:${locked.port}`, 'ping', 'calc', '--json'])
    expect(code).to.equal(3)
    expect(JSON.parse(err)).to.have.nested.include({ 'error.code': 'ERR_CONNECTION' })
    expect(JSON.parse(err)).to.have.nested.property('error.hint').that.includes('redis://user:password@')
  })

  it('says that nobody serves it', async () => {
    for (const args of [
      ['call', 'nobody', 'x'],
      ['ping', 'nobody'],
      ['info', 'nobody'],
      ['bench', 'nobody', 'x'],
    ]) {
      const { err, code } = await runCli(args, { url: redis.url })
      expect(err).to.match(/^error: no server of nobody [^\n]*"redis-object-rpc ls"[^\n]*\n$/)
      expect(code).to.equal(4)
    }
  })

  it('says when the last server of a service has gone', async () => {
    const admin = new Redis(redis.url)
    const now = Date.now()
    await admin.zadd('{late}:servers', now - 12_000, 'expired-one- 5000  ', -(now - 30_000), 'closed-one-- 5000  ')
    const { out, err, code } = await runCli(['info', 'late'], { url: redis.url })
    expect(out).to.match(/^SERVER .*\nexpired-one- .* gone \d+ s ago .*\nclosed-one-- .* closed \d+ s ago .*\n$/)
    expect(err).to.match(/^error: no server of late /)
    expect(code).to.equal(4)
    await admin.del('{late}:servers')
    admin.disconnect()
  })

  it('prints its version and its help', async () => {
    const { out, code } = await runCli(['call', '--help'])
    expect(out).to.match(/^Usage: redis-object-rpc call /)
    expect(code).to.equal(0)
    expect((await runCli([])).code).to.equal(2)
  })

  it('reaches Redis by TLS', async function () {
    needRedisServer.call(this)
    using certificate = makeCertificate()
    if (certificate === undefined) this.skip()
    const port = await freePort()
    const settings = certificate.settings.flatMap(([name, value]) => [`--${name}`, value])
    await using secure = await RedisProcess.start([...settings, '--tls-port', `${port}`])
    expect(secure.port).to.be.a('number')
    const info = (...options: string[]) => runCli(['--url', `rediss://localhost:${port}`, ...options, 'info', 'nobody'])
    expect((await info('--cacert', certificate.cert)).code, 'nobody is there').to.equal(4)
    expect((await info('--insecure')).code).to.equal(4)
    expect((await info()).code, 'the certificate is not known').to.equal(3)
  })
})
