import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import { parseOptions } from '../../lib/cli/redis-cli/options.ts'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { bundled } from '../helpers/bundled.ts'
import { type Certificate, makeCertificate } from '../helpers/certificate.ts'
import { freePort, needRedisServer, RedisProcess } from '../helpers/redis-process.ts'

const MAIN = new URL('../../lib/cli/main.ts', import.meta.url)

/** Runs the command line with `REDIS_URL` set. */
async function run(REDIS_URL: string, ...args: string[]): Promise<{ out: string; err: string; code: number }> {
  const env = { ...process.env, REDIS_URL }
  const child = spawn(process.execPath, [bundled(MAIN), 'redis-cli', ...args], { env })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const [code] = (await once(child, 'close')) as [number]
  return { out, err, code }
}

describe('redis-cli and where the server is', () => {
  it('is what the options say, else what REDIS_URL says', () => {
    const REDIS_URL = 'rediss://me:secret@h:7000/4'
    const read = (...args: string[]) => parseOptions(args, { REDIS_URL })
    expect(read()).to.deep.include({ host: 'h', port: 7000, user: 'me', password: 'secret', db: 4, tls: {} })
    expect(read()).to.include({ warnOfPassword: false })
    expect(read('-n', '5', '--insecure')).to.deep.include({ host: 'h', db: 5, tls: { rejectUnauthorized: false } })
    for (const args of [
      ['-h', 'other'],
      ['-p', '6379'],
      ['-s', '/tmp/redis.sock'],
      ['-u', 'redis://other'],
    ]) {
      expect(read(...args)).to.include({ port: 6379, password: undefined, db: 0, tls: undefined })
    }
    expect(read('-p', '1', '--tls', '--sni', 'h')).to.deep.include({ host: '127.0.0.1', tls: { servername: 'h' } })
    expect(parseOptions([], { REDIS_URL: '' })).to.include({ host: '127.0.0.1', port: 6379 })
    expect(parseOptions([], { REDIS_URL: 'unix:///tmp/r.sock?db=2' })).to.include({ path: '/tmp/r.sock', db: 2 })
    expect(parseOptions([], { REDIS_URL: 'redis-cluster://h1:7001,h2' })).to.include({ host: 'h1', port: 7001 })
    expect(() => parseOptions([], { REDIS_URL: 'http://h' })).to.throw('Invalid URI scheme')
    expect(() => parseOptions([], { REDIS_URL: 'redis://:se#cret@h' }))
      .to.throw('Invalid URI')
      .and.not.match(/cret@/)
  })

  it('is the Redis that REDIS_URL names', async () => {
    await using redis = await EmbeddedRedis.start({ port: 0 })
    expect(await run(`${redis.url}/3`, 'set', 'greeting', 'hello')).to.deep.equal({ out: 'OK\n', err: '', code: 0 })
    expect(await run(redis.url, '-n', '3', 'get', 'greeting')).to.deep.equal({ out: 'hello\n', err: '', code: 0 })
  })

  it('is the master that Sentinels name', async function () {
    needRedisServer.call(this)
    await using master = await RedisProcess.start()
    await using sentinel = await RedisProcess.startSentinel([`sentinel monitor main 127.0.0.1 ${master.port} 1`])
    const hosts = `127.0.0.1:${await freePort()},127.0.0.1:${sentinel.port}`
    const { out } = await run(`redis-sentinel://${hosts}/main`, 'config', 'get', 'port')
    expect(out).to.equal(`port\n${master.port}\n`)
    expect(await run(`redis-sentinel://${hosts}/other`, 'ping')).to.deep.equal({
      out: '',
      err: 'No Sentinel knows the address of the master other: unknown name\n',
      code: 1,
    })
  })

  describe('with TLS', () => {
    let certificate: Certificate | undefined
    let redis: RedisProcess | undefined
    let url: string
    before(async function () {
      needRedisServer.call(this)
      certificate = makeCertificate()
      if (certificate === undefined) return this.skip()
      const port = await freePort()
      const settings = certificate.settings.flatMap(([name, value]) => [`--${name}`, value])
      redis = await RedisProcess.start([...settings, '--tls-port', `${port}`])
      url = `rediss://localhost:${port}`
    })
    after(async () => {
      await redis?.close()
      certificate?.[Symbol.dispose]()
    })

    it('takes a certificate of the authority that is named, and no other', async () => {
      expect((await run(url, '--cacert', certificate!.cert, 'ping')).out).to.equal('PONG\n')
      expect((await run(url, '--insecure', 'ping')).out).to.equal('PONG\n')
      const { port } = new URL(url)
      const named = ['-h', 'localhost', '-p', port, '--tls', '--cacert', certificate!.cert]
      expect((await run('redis://other', ...named, 'ping')).out).to.equal('PONG\n')
      const refused = await run(url, 'ping')
      expect(refused).to.include({ out: '', code: 1 })
      expect(refused.err).to.match(/self-signed certificate/i)
    })
  })
})
