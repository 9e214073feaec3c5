import { execFile, spawn, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import type { RunningRedis } from '../../helpers/backends.ts'
import { freshName } from '../../helpers/names.ts'

/** What Debian's redis-cli does. */
export function redisCliSuite(redis: () => RunningRedis): void {
  const prefix = `${freshName('cli')}:`
  const key = (name: string): string => prefix + name
  before(function () {
    if (spawnSync('redis-cli', ['--version']).status === 0) return
    if (process.env.CI) throw new Error('no redis-cli: install redis-tools')
    this.skip()
  })

  async function cli(...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('redis-cli', ['-u', redis().url, ...args])
    return stdout
  }

  /** What it prints for commands that come on its standard input. */
  async function piped(lines: string, ...args: readonly string[]): Promise<string> {
    const child = spawn('redis-cli', ['-u', redis().url, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.end(lines)
    let text = ''
    for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk
    return text
  }

  it('prints replies of every kind', async () => {
    expect(await cli('SET', key('s'), 'v')).to.equal('OK\n')
    expect(await cli('--no-raw', 'GET', key('s'))).to.equal('"v"\n')
    expect(await cli('--no-raw', 'GET', key('none'))).to.equal('(nil)\n')
    expect(await cli('--no-raw', 'LPUSH', key('l'), 'a', 'b')).to.equal('(integer) 2\n')
    expect(await cli('--no-raw', 'LRANGE', key('l'), '0', '-1')).to.equal('1) "b"\n2) "a"\n')
    expect(await cli('--no-raw', 'LPUSH', key('s'), 'x')).to.match(/^\(error\) WRONGTYPE /)
  })

  it('speaks RESP3', async () => {
    expect(await cli('-3', '--no-raw', 'HSET', key('h'), 'f', 'v')).to.equal('(integer) 1\n')
    expect(await cli('-3', '--no-raw', 'HGETALL', key('h'))).to.equal('1# "f" => "v"\n')
    expect(await cli('-3', '--no-raw', 'ZADD', key('z'), '1.5', 'm')).to.equal('(integer) 1\n')
    expect(await cli('-3', '--no-raw', 'ZSCORE', key('z'), 'm')).to.equal('(double) 1.5\n')
  })

  it('runs what comes on its standard input, transactions among it', async () => {
    const lines = `SET ${key('n')} 1\nMULTI\nINCR ${key('n')}\nGET ${key('n')}\nEXEC\n`
    expect(await piped(lines, '--no-raw')).to.equal('OK\nOK\nQUEUED\nQUEUED\n1) (integer) 2\n2) "2"\n')
  })

  it('inserts a great many at once', async () => {
    const commands = Array.from({ length: 2000 }, (_, i) => `SET ${key(`pipe:${i}`)} ${i}\r\n`).join('')
    expect(await piped(commands, '--pipe')).to.include('errors: 0, replies: 2000')
    expect(await cli('GET', key('pipe:1999'))).to.equal('1999\n')
  })

  it('scans, and looks for the largest keys', async () => {
    const found = await cli('--scan', '--pattern', `${key('pipe:199')}*`)
    expect(found.trim().split('\n')).to.have.length(11)
    expect(await cli('--bigkeys')).to.include('Biggest string found')
    expect(await cli('--memkeys')).to.include('Sampled')
  })

  it('evaluates scripts', async () => {
    expect(await cli('EVAL', 'return {KEYS[1], ARGV[1]}', '1', 'k', 'a')).to.equal('k\na\n')
  })

  it('repeats, and reports', async () => {
    expect(await cli('-r', '3', 'INCR', key('r'))).to.equal('1\n2\n3\n')
    expect(await cli('INFO', 'server')).to.include('redis_version:')
    expect(await cli('CLIENT', 'LIST')).to.include('cmd=client|list')
  })

  it('subscribes', async () => {
    const child = spawn('redis-cli', ['-u', redis().url, 'SUBSCRIBE', key('news')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let text = ''
    let published = false
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      text += chunk
      if (!published && text.includes('subscribe')) {
        published = true
        await cli('PUBLISH', key('news'), 'hello')
      }
      if (text.includes('hello')) break
    }
    child.kill()
    expect(text.split('\n')).to.include.members(['message', key('news'), 'hello'])
  })
}
