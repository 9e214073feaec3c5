import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { bundled } from '../helpers/bundled.ts'
import { until } from '../helpers/until.ts'

const MAIN = new URL('../../lib/cli/main.ts', import.meta.url)

function run(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, [bundled(MAIN), ...args], { encoding: 'utf8' })
}

/** Starts the server on a free port and waits until it says how to connect. */
async function start(...args: string[]) {
  const child = spawn(process.execPath, [bundled(MAIN), 'redis', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const reader = createInterface(child.stdout)
  reader.on('line', (line) => lines.push(line))
  const ended = once(child, 'close')
  while (!lines.some((line) => line.includes('connect with'))) await Promise.race([once(reader, 'line'), ended])
  const url = /redis:\/\/[\w.:]+/.exec(lines.join('\n'))?.[0] as string
  return { child, lines, url, ended }
}

describe('redis-object-rpc', () => {
  it('tells its version and its commands', () => {
    // It reads package.json, which lies elsewhere for a bundle.
    const version = spawnSync(process.execPath, ['--import=tsx', fileURLToPath(MAIN), '--version'], {
      encoding: 'utf8',
    })
    expect(version.stdout).to.match(/^\d+\.\d+\.\d+\n$/)
    expect(run('--help').stdout).to.include('run a Redis server until SIGINT or SIGTERM')
    expect(run('redis', '--help').stdout)
      .to.include('redis-object-rpc redis [--port N]')
      .and.to.include('--max-clients')
  })

  for (const [args, problem] of [
    [['nope'], "unknown command 'nope'"],
    [['redis', '--port', 'x'], '--port takes a whole number'],
    [['redis', '--nope'], '--nope'],
    [['redis', '--fsync', 'often'], '--fsync takes always, everysec or no'],
    [['redis', '--port', '99999'], 'port'],
  ] as const) {
    it(`refuses ${args.join(' ')}`, () => {
      const { stderr, status } = run(...args)
      expect(stderr).to.include(problem)
      expect(stderr, 'no stack').not.to.include('    at ')
      expect(status).to.be.oneOf([1, 2])
    })
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`redis serves until ${signal}, and stops cleanly`, async () => {
      const server = await start()
      const redis = new Redis(server.url)
      expect(await redis.set('a', '1')).to.equal('OK')
      redis.disconnect()
      server.child.kill(signal)
      const [code] = await server.ended
      expect(code).to.equal(0)
      expect(server.lines.join('\n')).to.include(`${signal} received`).and.to.include('closed, bye')
    })
  }

  it('redis closes as it should although it is told twice', async () => {
    const server = await start()
    const { port } = new URL(server.url)
    // It takes nothing and does not end, so that closing waits for it.
    const client = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
    await once(client, 'connect')
    client.write('PING\r\n')
    await once(client, 'readable')
    server.child.kill('SIGTERM')
    await until(() => server.lines.some((line) => line.includes('Shutting down')))
    server.child.kill('SIGTERM')
    expect((await server.ended)[0]).to.equal(0)
    expect(server.lines.join('\n')).to.include('already closing').and.to.include('closed, bye')
    client.destroy()
  })

  it('redis goes on when nobody reads its log any more', async () => {
    const server = await start()
    const { port } = new URL(server.url)
    server.child.stdout.destroy()
    const redis = new Redis(server.url)
    for (let i = 0; i < 3; i++) {
      // This is logged.
      const browser = connect({ port: Number(port), host: '127.0.0.1' }, () => browser.write('POST / HTTP/1.1\r\n'))
      browser.on('error', () => {})
      await once(browser, 'close')
      expect(await redis.ping()).to.equal('PONG')
    }
    redis.disconnect()
    server.child.kill('SIGTERM')
    expect((await server.ended)[0]).to.equal(0)
  })

  it('redis keeps its data in the file it is given', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'redis-object-rpc-'))
    try {
      for (const expected of [1, 2]) {
        const server = await start('--appendonly', join(folder, 'data.aof'), '--fsync', 'always')
        const redis = new Redis(server.url)
        expect(await redis.incr('runs')).to.equal(expected)
        redis.disconnect()
        server.child.kill('SIGTERM')
        expect((await server.ended)[0]).to.equal(0)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('redis asks for the password it was given, and ends on SHUTDOWN', async () => {
    const server = await start('--password', 'secret')
    const redis = new Redis(server.url.replace('//', '//:secret@'), { retryStrategy: null })
    expect(await redis.ping()).to.equal('PONG')
    redis.on('error', () => {})
    await redis.call('SHUTDOWN').catch(() => {})
    redis.disconnect()
    expect((await server.ended)[0]).to.equal(0)
  })
})
