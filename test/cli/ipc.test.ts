import { expect } from 'chai'
import { Redis } from 'ioredis'
import { Cache, ReadQueue, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { type CliRun, runCli, startCli } from './run-cli.ts'

const HOSTILE = '\x1b]0;owned\x07'

describeOnEachRedis('redis-object-rpc', (redis) => {
  const run = (...args: string[]): Promise<CliRun> => runCli(args, { url: redis().url })

  it('queue shows what waits and what died, replays and drains', async () => {
    const name = freshName('cli-queue')
    await using tasks = new WriteQueue<unknown>(redis().url, name)
    await tasks.publish(`first${HOSTILE}`)
    await using worker = new ReadQueue<unknown>(redis().url, name, { reliable: true })
    await (await worker.next())?.deadLetter(`broken${HOSTILE}`)
    await tasks.publish({ second: 'x'.repeat(1_000) })
    await tasks.publish('third', { delayMs: 3_600_000 })

    expect((await run('queue', 'ls', '--match', name)).out).to.match(
      new RegExp(`\\n${name}  reliable  1        \\d+ m?s +1        0            1\\n$`),
    )
    expect((await run('ls')).out).to.match(/^QUEUE +WAITING +OLDEST +DELAYED +IN PROGRESS +DEAD$/m)
    expect((await run('queue', 'peek', name)).out).to.match(/^\{"uuid":"[^\n]*xxx… \(\d+ bytes\)\n$/)
    expect((await run('queue', 'peek', name, '--delayed')).out).to.match(/^\S{36} {2}\d{4}-[^\n]*"third"\}\n$/)

    const { out } = await run('queue', 'dead', name)
    expect(out).to.match(/^\d+-\d+ {2}\d{4}-[^\n]*broken\\x1b\]0;owned\\x07\)\n$/)
    const letter = JSON.parse((await run('queue', 'dead', name, '--json')).out)
    expect(letter).to.include({ attempts: 1, reason: `broken${HOSTILE}` })

    expect((await run('queue', 'replay', name)).code).to.equal(2)
    expect(await run('queue', 'replay', name, '1-1')).to.deep.equal({ out: 'replayed 0\n', err: '', code: 1 })
    expect(await run('queue', 'replay', name, letter.id)).to.deep.equal({ out: 'replayed 1\n', err: '', code: 0 })
    const careful = await run('queue', 'drain', name)
    expect(careful).to.include({ out: '', code: 2 })
    expect(careful.err).to.include('2 tasks would be removed')
    expect((await run('queue', 'drain', name, '--yes', '--json')).out).to.equal('{"removed":2}\n')
    expect((await run('queue', 'peek', name)).out).to.equal('')
  })

  it('stream shows events, and goes on after one that nobody can read', async () => {
    const name = freshName('cli-stream')
    await using events = new WriteStream<unknown>(redis().url, name)
    const first = await events.publish({ price: HOSTILE })
    const raw = new Redis(redis().url)
    await raw.xadd(name, '*', 'content', '{broken')
    await raw.xgroup('CREATE', name, `billing${HOSTILE}`, '0')
    raw.disconnect()
    const last = await events.publish(2)

    const { out, err, code } = await run('stream', 'tail', name, '--from', '0', '--count', '3')
    expect(out).to.equal(
      `{"id":"${first}","content":{"price":"\\u001b]0;owned\\u0007"}}\n{"id":"${last}","content":2}\n`,
    )
    expect(err).to.match(/^skipped: [^\n]*invalid data[^\n]*\n$/)
    expect(code).to.equal(0)
    expect((await run('stream', 'ls', '--match', name)).out).to.include(`${name}  3       billing\\x1b]0;owned\\x07\n`)
    expect((await run('stream', 'groups', name)).out).to.match(/\nbilling\S+ {2}0 +0 +3 +0\n$/)

    const tail = startCli(['stream', 'tail', name, '--from', first], { url: redis().url })
    tail.child.stdout.once('data', () => tail.child.kill('SIGINT'))
    expect((await tail.ended).code).to.equal(130)
  })

  it('cache reads, writes and deletes entries', async () => {
    const name = freshName('cli-cache')
    await using cache = new Cache<unknown>(redis().url, name, { layout: 'keys' })
    await cache.set('17', { when: new Date(0), name: HOSTILE })

    expect((await run('cache', 'get', name, '17')).out).to.equal(
      "{ when: 1970-01-01T00:00:00.000Z, name: '\\x1B]0;owned\\x07' }\n",
    )
    expect((await run('cache', 'ls', '--match', name)).out).to.include(`\n${name}  keys    ?\n`)
    expect(await run('cache', 'ttl', name, '17')).to.deep.equal({ out: 'never expires\n', err: '', code: 0 })
    expect(await run('cache', 'set', name, '17', '[1]', '--ttl', '1h')).to.deep.equal({ out: '', err: '', code: 0 })
    expect(await cache.get('17')).to.deep.equal([1])
    const { ttlMs } = JSON.parse((await run('cache', 'ttl', name, '17', '--json')).out)
    expect(ttlMs).to.be.within(1, 3_600_000)
    expect((await run('cache', 'del', name, '17')).code).to.equal(0)
    for (const command of ['get', 'del', 'ttl']) {
      expect(await run('cache', command, name, '17')).to.deep.equal({
        out: '',
        err: `error: ${name} has no entry 17\n`,
        code: 1,
      })
    }
  })
})
