import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { RedisRPC } from 'redis-object-rpc'
import { serveDashboard } from 'redis-object-rpc/dashboard'
import { Cache, GroupReadStream, ReadQueue, ReadStream, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { runCli, startCli } from '../cli/run-cli.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'

/** The rules that `docs/operations.md` recommends, by the user they make. `failure/permissions.test.ts` has those of calls. */
const RULES = new Map(
  [
    ...readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8').matchAll(
      /^ACL SETUSER (\S+) (.*)$/gm,
    ),
  ].map(([, user, rules]) => [user as string, (rules as string).split(' ')]),
)

const works = (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => true,
    () => false,
  )

describe('users that may do no more than the docs say: queues, events, caches, operators', () => {
  let process: RedisProcess
  let admin: Redis
  const told: Error[] = []
  const options = { onError: (error: Error) => void told.push(error) }
  before(async function () {
    needRedisServer.call(this)
    process = await RedisProcess.start()
    admin = new Redis(process.url)
    for (const [user, rules] of RULES) await admin.acl('SETUSER', user, ...rules)
  })
  beforeEach(async () => {
    await admin.call('ACL', 'LOG', 'RESET')
    await admin.config('RESETSTAT')
  })
  afterEach(async () => {
    await admin.flushall()
    expect(told.splice(0)).to.deep.equal([])
  })
  after(async () => {
    admin?.disconnect()
    await process?.close()
  })

  const as = (user: string): string => process.url.replace('//', `//${user}:secret@`)
  const cut = async (): Promise<void> => {
    for (const type of ['normal', 'pubsub']) await admin.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes')
  }
  /** @param but what nobody needs that it asks for */
  const wasRefusedNothing = async (but?: string): Promise<void> => {
    const log = (await admin.call('ACL', 'LOG')) as unknown[][]
    const refused = log.map((entry) => String(entry[entry.indexOf('object') + 1]))
    expect(refused.filter((each) => each !== but)).to.deep.equal([])
  }
  /** Has the user try, and Redis refuse. */
  const mayNot = async (user: string, ...commands: string[]): Promise<void> => {
    const redis = new Redis(as(user), { enableReadyCheck: false })
    for (const command of commands) {
      const [name = '', ...args] = command.split(' ')
      const error = await redis.call(name, ...args).catch((reason: unknown) => reason)
      expect(error, command)
        .to.be.instanceOf(Error)
        .with.property('message')
        .that.matches(/^NOPERM/)
    }
    redis.disconnect()
  }

  it('producer: publishes tasks, now and later', async () => {
    await using jobs = new WriteQueue<number>(as('jobs-producer'), 'jobs', options)
    await jobs.publish(1)
    await cut()
    await until(() => works(jobs.publish(2)))
    await jobs.publish(3, { delayMs: 1 })
    await until(async () => (await jobs.len()) === 3)
    await wasRefusedNothing()
    await mayNot('jobs-producer', 'RPOP jobs', 'DEL jobs', 'XRANGE {jobs}:dead - +', 'LPUSH other 1', 'KEYS *')
  })

  it('worker: runs tasks, gives back, recovers, and replays dead letters', async () => {
    const jobs = new WriteQueue<string>(process.url, 'jobs')
    await jobs.publish('fails')
    await jobs.publish('later', { delayMs: 20 })
    await admin.zadd('{jobs}:readers', 1, 'lost')
    await admin.hset('{jobs}:hand:lost', '1', '{"uuid":"a","content":"recovered"}')
    const settings = { reliable: true, maxAttempts: 2, ...options } as const
    await using queue = new ReadQueue<string>(as('jobs-worker'), 'jobs', settings)
    const done: string[] = []
    const stop = new AbortController()
    const work = queue.process(
      async ({ content, attempt }) => {
        if (content === 'fails' && attempt <= 2 && done.at(-1) !== 'replayed') throw new Error('no')
        done.push(content)
      },
      { signal: stop.signal, retryDelayMs: 1 },
    )
    await until(async () => (await queue.deadLetters.len()) === 1 && done.length === 2)
    await cut()
    const [letter] = await queue.deadLetters.list()
    done.push('replayed')
    await queue.deadLetters.replay(letter!.id)
    await until(() => done.length === 4)
    expect(done.toSorted()).to.deep.equal(['fails', 'later', 'recovered', 'replayed'])
    stop.abort()
    await work
    expect(await queue.len()).to.equal(0)
    await admin.xadd('{jobs}:dead', '*', 'task', '{}', 'reason', 'no', 'attempts', '1')
    const [other] = await queue.deadLetters.list()
    await queue.deadLetters.remove(other!.id)
    await queue.close()
    await using plain = new ReadQueue<string>(as('jobs-worker'), 'jobs', options)
    const next = plain.bNext()
    await jobs.publish('plain')
    expect((await next)?.content).to.equal('plain')
    await jobs.close()
    await plain.close()
    await wasRefusedNothing()
    await mayNot('jobs-worker', 'RPOP other', 'SET jobs 1', 'KEYS *', 'FLUSHALL')
  })

  it('event writer and reader', async () => {
    await using out = new WriteStream<number>(as('prices-writer'), 'prices', options)
    await out.publish(1)
    await using prices = new ReadStream<number>(as('prices-reader'), 'prices', { from: '0', ...options })
    expect((await prices.bNext())?.content).to.equal(1)
    const waiting = prices.bNext()
    await cut()
    await until(() => works(out.publish(2)))
    expect((await waiting)?.content).to.equal(2)
    expect((await prices.last())?.content).to.equal(2)
    expect([await prices.len(), await out.len()]).to.deep.equal([2, 2])
    await wasRefusedNothing()
    await mayNot('prices-writer', 'XRANGE prices - +', 'XTRIM prices MAXLEN 0', 'XADD other * a 1')
    await mayNot('prices-reader', 'XADD prices * a 1', 'XREAD STREAMS other 0', 'DEL prices')
  })

  it('event group: reads, gives back, claims, and replays dead letters', async () => {
    const out = new WriteStream<string>(process.url, 'prices')
    await out.publish('lost')
    await admin.xgroup('CREATE', 'prices', 'billing', '0')
    await admin.xreadgroup('GROUP', 'billing', 'gone', 'COUNT', 1, 'STREAMS', 'prices', '>')
    const settings = { claimIdleMs: 100, maxAttempts: 5, ...options }
    await using prices = new GroupReadStream<string>(as('prices-billing'), 'prices', 'billing', settings)
    const claimed = await prices.bNext()
    expect(claimed?.content).to.equal('lost')
    await claimed?.extend()
    await claimed?.nack({ reason: 'no' })
    const again = await prices.bNext()
    await again?.deadLetter('never')
    await cut()
    const [letter] = await prices.deadLetters.list()
    await prices.deadLetters.replay(letter!.id)
    await (await prices.bNext())?.ack()
    await out.publish('new')
    await (await prices.bNext())?.ack()
    await out.close()
    await prices.close()
    await wasRefusedNothing()
    await mayNot('prices-billing', 'XTRIM prices MAXLEN 0', 'XREAD STREAMS other 0', 'XRANGE {prices}:dead:audit - +')
  })

  for (const layout of ['hash', 'keys'] as const) {
    it(`cache: reads, waits, loads and deletes (${layout})`, async () => {
      await using users = new Cache<string>(as('users-cache'), 'users', { layout, ...options })
      await users.set('17', 'Ada')
      if (layout === 'keys') await users.set('16', 'Bob', { ttlMs: 60_000 })
      const waiting = users.bGet('18')
      await until(async () => String(await admin.pubsub('CHANNELS')).includes('18'))
      await cut()
      await until(() => works(users.set('18', 'Eve')))
      expect([await users.get('17'), await waiting]).to.deep.equal(['Ada', 'Eve'])
      await using other = new Cache<string>(as('users-cache'), 'users', { layout, ...options })
      const renewed = async (): Promise<boolean> =>
        String(await admin.info('commandstats')).includes('cmdstat_pexpire:')
      const load = async (): Promise<string> => until(renewed).then(() => 'Joe')
      const loads = [users, other].map((cache) => cache.getOrSet('19', load, { lockMs: 100 }))
      expect(await Promise.all(loads)).to.deep.equal(['Joe', 'Joe'])
      const failed = users.getOrSet('20', () => Promise.reject(new Error('no')))
      expect(await works(failed)).to.equal(false)
      expect(await users.delete('17')).to.equal(true)
      expect(await users.get('17')).to.equal(undefined)
      await other.close()
      await users.close()
      // It would hear of what other software writes, and looks for it now and then instead.
      await wasRefusedNothing('config|get')
      await mayNot('users-cache', 'GET other', 'CONFIG GET requirepass', 'KEYS *')
    })
  }

  describe('operator', () => {
    let rpc: RedisRPC
    beforeEach(async () => {
      rpc = new RedisRPC(process.url, options)
      await rpc.serve('calc', { add: (a: number, b: number) => a + b })
      const jobs = new WriteQueue<number>(process.url, 'jobs')
      await jobs.publish(1)
      await jobs.close()
      const later = new WriteQueue<number>(process.url, 'later')
      await later.publish(1, { delayMs: 600_000 })
      await later.close()
      const out = new WriteStream<number>(process.url, 'prices')
      await out.publish(1)
      await out.close()
      await admin.xgroup('CREATE', 'prices', 'billing', '0')
      for (const layout of ['hash', 'keys'] as const) {
        const users = new Cache<string>(process.url, layout, { layout })
        await users.set('17', 'Ada')
        await users.close()
      }
      await admin.xadd('{jobs}:dead', '1-1', 'task', '{"uuid":"c","content":2}', 'reason', 'no', 'attempts', '5')
    })
    afterEach(() => rpc.close())
    const cli = async (user: string, command: string): Promise<string> => {
      const { out, err, code } = await runCli(command.split(' '), { url: as(user) })
      expect({ command, err, code }).to.deep.equal({ command, err: '', code: 0 })
      return out
    }

    it('without write: sees everything, changes nothing', async () => {
      const commands = ['ls', 'info calc', 'metrics', 'queue peek later', 'queue dead jobs', 'stream groups prices']
      const more = ['stream tail prices --from 0 --count 1', 'cache ls', 'cache get keys 17', 'cache ttl keys 17']
      const seen: string[] = []
      for (const command of [...commands, ...more, 'doctor calc']) seen.push(await cli('operator', command))
      expect(seen[0])
        .to.match(/^calc +1 +0 +-$/m)
        .and.match(/^jobs +1 +\d+ m?s +0 +0 +1$/m)
      expect(seen[1]).to.match(/^methods: add$/m)
      expect(seen[2]).to.match(/^redis_object_rpc_waiting_calls\{service="calc"} 0$/m)
      const watch = startCli(['watch', 'calc', '--count', '1'], { url: as('operator') })
      const client = rpc.client<{ add(a: number, b: number): number }>('calc')
      // It may begin a moment after it has said so.
      await until(async () => (await client.add(1, 2)) === 3 && watch.out().includes('add'))
      expect((await watch.ended).code).to.equal(0)
      const page = await serveDashboard(as('operator'), { port: 0, ...options })
      for (const view of [
        'services',
        'service?name=calc',
        'queue?name=jobs',
        'streams',
        'caches',
        'entry?name=keys&field=17',
      ])
        expect(await (await fetch(`${page.url}api/view/${view}`)).json(), view).not.to.have.property('error')
      await page.close()
      await wasRefusedNothing()
      await mayNot(
        'operator',
        'RPUSH calc x',
        'LREM jobs 0 x',
        'RPOP jobs',
        'HDEL hash 17',
        'XDEL {jobs}:dead 1-1',
        'EVAL x 0',
      )
    })

    it('who must not call: sees what waits', async () => {
      const rules = RULES.get('operator')!.filter((rule) => rule !== '%W~{*}:server:*')
      await admin.acl('SETUSER', 'observer', ...rules)
      expect(await cli('observer', 'ls')).to.match(/^calc +1 +0 +-$/m)
      expect((await runCli(['info', 'calc'], { url: as('observer') })).code).to.equal(4)
      await mayNot('observer', 'RPUSH {calc}:server:x y', 'RPUSH calc x')
    })

    it('with write: calls, replays, drains and deletes', async () => {
      expect(await cli('operator-write', 'call calc add 2 3')).to.equal('5\n')
      await cli('operator-write', 'queue replay jobs --all')
      await cli('operator-write', 'queue drain jobs --yes')
      await cli('operator-write', 'cache set hash 18 1')
      await cli('operator-write', 'cache del keys 17')
      await wasRefusedNothing()
      await mayNot('operator-write', 'FLUSHALL', 'CONFIG GET maxmemory', 'SHUTDOWN', 'KEYS *')
    })
  })
})
