import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import {
  InvalidDataError,
  LeaseLostError,
  ReadQueue,
  type ReadQueueOptions,
  type ReliableReadQueueOptions,
  WriteQueue,
  WrongTypeError,
} from 'redis-object-rpc/ipc'
import { deferred } from '../../lib/util/deferred.ts'
import type { RunningRedis } from '../helpers/backends.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { until } from '../helpers/until.ts'
import { Bench, needScripts, rejection } from '../ipc/helpers.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** What is no task, and what is said of it. */
const JUNK: readonly (readonly [text: string, problem: RegExp])[] = [
  ['', /not JSON/],
  ['junk', /not JSON/],
  ['null', /not a JSON object/],
  ['[1]', /not a JSON object/],
  ['"text"', /not a JSON object/],
  ['{}', /no uuid/],
  ['{"uuid":7,"content":1}', /no uuid/],
  ['{"uuid":"","content":1}', /no uuid/],
  ['{"uuid":"u"}', /no content/],
  ['{"__proto__":{"uuid":"u","content":1}}', /__proto__/],
  ['{"uuid":"u","content":{"__proto__":{"isAdmin":true}}}', /__proto__/],
  ['{"uuid":"u","content":1,"meta":{"values":["nonsense"],"v":1}}', /./],
  [`{"uuid":"u","content":${'['.repeat(200)}${']'.repeat(200)}}`, /maxDepth/],
  [`{"uuid":"u","content":"${'x'.repeat(2_000)}"}`, /maxMessageBytes/],
]

/** The wire of redis_ipc, and what is better here than there. */
export function queueSuite(redis: () => RunningRedis): void {
  const bench = new Bench(redis, 'queue')
  const write = <T = unknown>() => bench.open(new WriteQueue<T>(redis().url, bench.name))
  const plain = <T = unknown>(options: ReadQueueOptions = {}) =>
    bench.open(new ReadQueue<T>(redis().url, bench.name, { onError: bench.onError, ...options, reliable: false }))
  const reliable = <T = unknown>(options: Omit<ReliableReadQueueOptions, 'reliable'> = {}) =>
    bench.open(new ReadQueue<T>(redis().url, bench.name, { onError: bench.onError, ...options, reliable: true }))
  const texts = () => bench.raw.lrange(bench.name, 0, -1)
  const isBlocked = async () => (await bench.raw.info('clients')).includes('blocked_clients:1')

  afterEach('leaves nothing behind', async () => {
    await bench.closeAll()
    await bench.raw.del(bench.name)
    expect(await bench.keys()).to.deep.equal([])
  })

  describe('writer', () => {
    it('publishes exactly the text of redis_ipc, at the left end', async () => {
      const jobs = write()
      const first = await jobs.publish({ image: 'cat.png', width: 320 })
      const second = await jobs.publish('two')
      expect(first).to.match(UUID)
      expect(await texts()).to.deep.equal([
        `{"uuid":"${second}","content":"two"}`,
        `{"uuid":"${first}","content":{"image":"cat.png","width":320}}`,
      ])
    })

    it('publishes what begins in one turn in its order', async () => {
      const jobs = write<number>()
      await Promise.all(Array.from({ length: 1_000 }, (_, i) => jobs.publish(i)))
      const contents = (await texts()).map((text) => JSON.parse(text).content)
      expect(contents).to.deep.equal(Array.from({ length: 1_000 }, (_, i) => 999 - i))
      expect(await jobs.len()).to.equal(1_000)
    })

    it('carries what JSON does not, and a plain reader still reads the JSON', async () => {
      const uuid = await write().publish({ at: new Date(0), tags: new Set(['a']) })
      const [text] = await texts()
      expect(text).to.match(
        new RegExp(`^{"uuid":"${uuid}","content":{"at":"1970-01-01T00:00:00.000Z","tags":\\["a"\\]},"meta":`),
      )
      expect(await plain().next()).to.deep.equal({
        uuid,
        content: { at: new Date(0), tags: new Set(['a']) },
        metadata: {},
      })
    })

    it('says which key has which type when it is not a list', async () => {
      await bench.raw.set(bench.name, 'text')
      const error = await rejection(write().publish(1))
      expect(error).to.be.instanceOf(WrongTypeError)
      expect(error).to.include({ key: bench.name, expected: 'list', actual: 'string' })
      expect(error.message).to.equal(`${bench.name} must be a list in Redis and is a string`)
    })

    it('refuses what cannot travel, and says where it is', async () => {
      const error = await rejection(write().publish({ run: () => 1 }))
      expect(error).to.include({ code: 'ERR_SERIALIZATION', path: 'content.run' })
      expect(await texts()).to.deep.equal([])
    })

    it('publishes no more once it is closed', async () => {
      const jobs = write()
      const published = jobs.publish(1)
      await jobs.close()
      await published
      expect((await rejection(jobs.publish(2))).code).to.equal('ERR_CLOSED')
      expect(await texts()).to.have.length(1)
    })
  })

  for (const [kind, read] of [
    ['plain reader', plain],
    ['reliable reader', reliable],
  ] as const) {
    describe(kind, () => {
      if (kind === 'reliable reader') {
        beforeEach(function () {
          return needScripts.call(this, bench.raw)
        })
      }
      const ack = (task: unknown) => (task as { ack?(): Promise<void> }).ack?.()

      it('takes the texts of redis_ipc, the oldest first', async () => {
        await bench.raw.lpush(
          bench.name,
          '{"uuid":"6f1c","content":{"n":1}}',
          ' {"content": [2] , "uuid": "7a2b", "more": 0} ',
        )
        const queue = read()
        const [one, two] = [await queue.next(), await queue.next()]
        expect(one)
          .to.include({ uuid: '6f1c' })
          .and.deep.include({ content: { n: 1 } })
        expect(two)
          .to.include({ uuid: '7a2b' })
          .and.deep.include({ content: [2] })
        await ack(one)
        await ack(two)
      })

      it('has nothing when there is nothing', async () => {
        const queue = read()
        expect(await queue.next()).to.equal(undefined)
        expect(await queue.bNext({ timeoutMs: 0 })).to.equal(undefined)
        expect(await queue.len()).to.equal(0)
      })

      it('tells an empty content from none', async () => {
        const queue = read()
        await write().publish(null)
        const task = await queue.next()
        expect(task?.content).to.equal(null)
        await ack(task)
      })

      it('waits until there is a task', async () => {
        const queue = read()
        const waiting = queue.bNext()
        await until(async () => (await bench.raw.info('clients')).includes('blocked_clients:1'))
        const uuid = await write().publish('late')
        const task = await waiting
        expect(task).to.include({ uuid, content: 'late' })
        await ack(task)
      })

      it('waits no longer than it was told', async () => {
        const clock = new ManualClock()
        const queue = read({ clock })
        await queue.len()
        const waiting = queue.bNext({ timeoutMs: 500 })
        clock.advance(500)
        expect(await waiting).to.equal(undefined)
      })

      it('ends a wait with the reason of its signal', async () => {
        const queue = read()
        const controller = new AbortController()
        const waiting = rejection(queue.bNext({ signal: controller.signal }))
        controller.abort('enough')
        expect(await waiting).to.equal('enough')
        expect(await rejection(queue.bNext({ signal: AbortSignal.abort('before') }))).to.equal('before')
      })

      it('takes nothing for a wait that was given up', async () => {
        const [queue, other] = [read(), read()]
        const controller = new AbortController()
        const waiting = rejection(queue.bNext({ signal: controller.signal }))
        await until(async () => (await bench.raw.info('clients')).includes('blocked_clients:1'))
        controller.abort()
        await waiting
        const uuid = await write().publish('for others')
        const task = await other.bNext()
        expect(task?.uuid).to.equal(uuid)
        await ack(task)
      })

      it('serves those who wait in the order in which they began', async () => {
        const queue = read<number>()
        const waits = [queue.bNext(), queue.bNext(), queue.bNext()]
        const jobs = write<number>()
        for (const n of [1, 2, 3]) await jobs.publish(n)
        const tasks = await Promise.all(waits)
        expect(tasks.map((task) => task?.content)).to.deep.equal([1, 2, 3])
        for (const task of tasks) await ack(task)
      })

      it('gives tasks one after the other to a loop, which ends when it is closed', async () => {
        const queue = read<number>()
        const jobs = write<number>()
        for (const n of [1, 2, 3]) await jobs.publish(n)
        const seen: number[] = []
        for await (const task of queue) {
          seen.push(task.content)
          await ack(task)
          if (task.content === 3) void queue.close()
        }
        expect(seen).to.deep.equal([1, 2, 3])
      })

      it('takes nothing for a loop that is left while it waits', async () => {
        for (const leave of ['return', 'throw'] as const) {
          const queue = read<number>()
          const tasks = queue[Symbol.asyncIterator]() as AsyncGenerator<unknown, void>
          const waiting = tasks.next()
          await until(isBlocked)
          const left = leave === 'return' ? tasks.return() : rejection(tasks.throw(new RangeError('enough')))
          expect(await waiting).to.deep.equal({ value: undefined, done: true })
          if (leave === 'return') expect(await left).to.deep.equal({ value: undefined, done: true })
          else expect(await left).to.be.instanceOf(RangeError)
          const uuid = await write().publish(1)
          const task = await queue.bNext()
          expect(task?.uuid).to.equal(uuid)
          await ack(task)
          await queue.close()
        }
      })

      it('handles as many at once as it is told, and takes no more', async () => {
        const queue = read<number>()
        const jobs = write<number>()
        await Promise.all(Array.from({ length: 10 }, (_, i) => jobs.publish(i)))
        const running: (() => void)[] = []
        const stop = new AbortController()
        const seen: number[] = []
        const processing = queue.process(
          (task) => {
            seen.push(task.content)
            return new Promise<void>((resolve) => void running.push(resolve))
          },
          { concurrency: 4, signal: stop.signal },
        )
        for (let left = 10; left > 0; ) {
          await until(() => running.length === Math.min(4, left))
          expect(await queue.len()).to.equal(left - running.length)
          left -= running.length
          for (const end of running.splice(0)) end()
        }
        stop.abort()
        await processing
        expect(seen).to.deep.equal(Array.from({ length: 10 }, (_, i) => i))
      })

      it('survives whatever a handler throws', async () => {
        const weird: readonly unknown[] = [
          Object.create(null),
          Symbol('thrown'),
          undefined,
          null,
          Object.assign(new Error(), { message: Symbol('message') }),
          new Proxy(new Error('behind a proxy'), {
            get() {
              throw new Error('unreadable')
            },
          }),
          revoked(),
        ]
        for (const [i] of weird.entries()) await bench.raw.lpush(bench.name, `{"uuid":"u${i}","content":${i}}`)
        const queue = read<number>()
        const stop = new AbortController()
        let handled = 0
        await queue.process(
          (task) => {
            if (++handled === weird.length) stop.abort()
            if (handled % 2 === 0) throw weird[task.content]
            return Promise.reject(weird[task.content])
          },
          { signal: stop.signal, ...('deadLetters' in queue && { retryDelayMs: 60_000 }) },
        )
        if ('deadLetters' in queue) expect(await bench.raw.zcard(`{${bench.name}}:delayed`)).to.equal(weird.length)
        else expect(bench.errors).to.have.length(weird.length)
        await bench.raw.del(`{${bench.name}}:delayed`)
      })

      it('waits for handlers when it is closed, and takes no more', async () => {
        const queue = read()
        const jobs = write()
        await jobs.publish('one')
        let finish = () => {}
        let started = false
        const processing = queue.process(() => {
          started = true
          return new Promise<void>((resolve) => {
            finish = resolve
          })
        })
        await until(() => started)
        const closing = queue.close()
        const uuid = await jobs.publish('two')
        finish()
        await closing
        await processing
        expect(await texts()).to.deep.equal([`{"uuid":"${uuid}","content":"two"}`])
      })

      it('gives up a handler that does not end', async () => {
        const queue = read({ drainTimeoutMs: 20 })
        const uuid = await write().publish('stuck')
        let isRunning = false
        const processing = queue.process(() => {
          isRunning = true
          return new Promise(() => {})
        })
        await until(() => isRunning)
        await queue.close()
        await processing
        const left = kind === 'plain reader' ? [] : [`{"uuid":"${uuid}","content":"stuck"}`]
        expect(await texts()).to.deep.equal(left)
      })

      it('rejects waits when it is closed, and what comes after', async () => {
        const queue = read()
        const waiting = rejection(queue.bNext())
        await queue.close()
        expect((await waiting).code).to.equal('ERR_CLOSED')
        for (const call of [
          () => queue.next(),
          () => queue.bNext(),
          () => queue.process(() => {}),
          () => queue.len(),
        ]) {
          expect((await rejection(call())).code).to.equal('ERR_CLOSED')
        }
        expect(queue.close()).to.equal(queue.close())
      })

      it('can be asked to process again after it was stopped', async () => {
        const queue = read<number>()
        const jobs = write<number>()
        const seen: number[] = []
        for (const n of [1, 2, 3]) {
          const stop = new AbortController()
          const note = ({ content }: { content: number }) => {
            seen.push(content)
            stop.abort()
          }
          const processing = queue.process(note, { signal: stop.signal })
          await jobs.publish(n)
          await processing
        }
        await queue.process(() => seen.push(0), { signal: AbortSignal.abort() })
        expect(seen).to.deep.equal([1, 2, 3])
      })

      it('leaves no timer behind when it is closed', async () => {
        const clock = new ManualClock()
        const queue = read({ clock })
        const waits = [queue.bNext({ timeoutMs: 1_000 }), rejection(queue.bNext({ timeoutMs: 1_000 }))]
        await write().publish(1)
        const task = await waits[0]
        await ack(task)
        await queue.close()
        await waits[1]
        expect(clock.pending).to.equal(0)
      })

      it('leaves no timer behind when it is closed while it connects', async () => {
        const clock = new ManualClock()
        const queue = read({ clock })
        const waiting = rejection(queue.bNext())
        await queue.close()
        expect((await waiting).code).to.equal('ERR_CLOSED')
        await setImmediate()
        expect(clock.pending).to.equal(0)
      })

      it('says which key has which type when it is not a list', async () => {
        await bench.raw.hset(bench.name, 'a', 1)
        const queue = read()
        for (const call of [
          () => queue.next(),
          () => queue.bNext(),
          () => queue.bNext(),
          () => queue.process(() => {}),
          () => queue.len(),
        ]) {
          const error = await rejection(call())
          expect(error).to.be.instanceOf(WrongTypeError)
          expect(error).to.include({ key: bench.name, expected: 'list', actual: 'hash' })
        }
        await bench.raw.del(bench.name)
        const uuid = await write().publish('now a list')
        const task = await queue.bNext()
        expect(task?.uuid).to.equal(uuid)
        await ack(task)
      })

      it('gets a delayed task when it is due and not before', async function () {
        await needScripts.call(this, bench.raw)
        const queue = read()
        const jobs = write()
        const waiting = queue.bNext()
        const now = async () => {
          const [seconds, microseconds] = (await bench.raw.time()) as unknown as [string, string]
          return Number(seconds) * 1_000 + Number(microseconds) / 1_000
        }
        const publishedAt = await now()
        await jobs.publish('now')
        await Promise.all([jobs.publish('later', { delayMs: 400 }), jobs.publish('sooner', { delayMs: 60 })])
        const tasks = [await waiting, await queue.bNext(), await queue.bNext()]
        expect(tasks.map((task) => task?.content)).to.deep.equal(['now', 'sooner', 'later'])
        expect(await now()).to.be.at.least(publishedAt + 399)
        for (const task of tasks) await ack(task)
      })

      it('gets a delayed task although its writer is gone', async function () {
        await needScripts.call(this, bench.raw)
        const jobs = write()
        await jobs.publish('later', { delayMs: 60 })
        await jobs.close()
        const queue = read()
        const task = await queue.bNext()
        expect(task?.content).to.equal('later')
        await ack(task)
      })
    })
  }

  describe('plain reader', () => {
    for (const [junk, problem] of JUNK) {
      it(`throws ${junk.slice(0, 40) || 'an empty text'} and goes on`, async () => {
        const queue = plain({ maxMessageBytes: 1_500, maxDepth: 100 })
        await bench.raw.lpush(bench.name, junk, '{"uuid":"good","content":1}')
        const error = (await rejection(queue.bNext())) as InvalidDataError
        expect(error).to.be.instanceOf(InvalidDataError)
        expect(error.key).to.equal(bench.name)
        if (/"uuid":"u".*content/.test(junk) && /^.$/.test(problem.source)) expect(error.id).to.equal('u')
        expect(error.message).to.match(problem)
        expect(await queue.next()).to.deep.equal({ uuid: 'good', content: 1, metadata: {} })
      })
    }

    it('tells of junk and goes on in a loop', async () => {
      await bench.raw.lpush(bench.name, 'junk', '{"uuid":"good","content":1}')
      for await (const task of plain()) {
        expect(task.uuid).to.equal('good')
        break
      }
      expect(bench.codes()).to.deep.equal(['ERR_INVALID_DATA'])
    })

    it('tells of what handlers throw, and of junk, and goes on', async () => {
      await bench.raw.lpush(
        bench.name,
        'junk',
        '{"uuid":"a","content":1}',
        '{"uuid":"b","content":2}',
        '{"uuid":"c","content":3}',
      )
      const queue = plain<number>()
      const stop = new AbortController()
      await queue.process(
        async ({ content }) => {
          if (content === 1) throw new Error('one')
          if (content === 2) throw 'two'
          stop.abort()
        },
        { signal: stop.signal },
      )
      expect(bench.codes()).to.deep.equal(['ERR_INVALID_DATA', 'one', 'two'])
    })
  })

  describe('reliable reader', () => {
    beforeEach(function () {
      return needScripts.call(this, bench.raw)
    })

    it('keeps a task in Redis until it is acknowledged', async () => {
      const uuid = await write().publish('work')
      const queue = reliable()
      const task = await queue.next()
      expect(task).to.include({ uuid, content: 'work', attempt: 1 })
      const keys = await bench.keys()
      expect(keys.map((key) => key.replace(/hand:.*/, 'hand'))).to.deep.equal(['{NAME}:hand', '{NAME}:readers'])
      const hash = keys[0]!.replace('NAME', bench.name)
      expect(await bench.raw.hvals(hash)).to.deep.equal([`{"uuid":"${uuid}","content":"work"}`])
      await task?.ack()
      expect(await bench.raw.exists(hash)).to.equal(0)
    })

    it('acknowledges a thousand in a few commands', async () => {
      const jobs = write<number>()
      await Promise.all(Array.from({ length: 1_000 }, (_, i) => jobs.publish(i)))
      const queue = reliable<number>()
      const calls = async () =>
        Number(/cmdstat_evalsha:calls=(\d+)/.exec(await bench.raw.info('commandstats'))?.[1] ?? 0)
      const before = await calls()
      const stop = new AbortController()
      let done = 0
      await queue.process(
        () => {
          if (++done === 1_000) stop.abort()
        },
        { concurrency: 200, signal: stop.signal },
      )
      expect((await calls()) - before).to.be.below(50)
      expect(await queue.len()).to.equal(0)
    })

    it('sends a task back to the end, and its text counts the attempts', async () => {
      const text = '{"uuid":"a","content":12345678901234567890,"price":1.0}'
      await bench.raw.lpush(bench.name, text, '{"uuid":"b","content":2}')
      const queue = reliable()
      await (await queue.next())?.nack()
      expect(await texts()).to.deep.equal([
        '{"uuid":"a","content":12345678901234567890,"price":1.0,"attempts":1}',
        '{"uuid":"b","content":2}',
      ])
      await (await queue.next())?.ack()
      const again = await queue.next()
      expect(again).to.include({ uuid: 'a', attempt: 2 })
      await again?.nack()
      expect(await texts()).to.deep.equal(['{"uuid":"a","content":12345678901234567890,"price":1.0,"attempts":2}'])
    })

    it('counts no attempts but those at the very end of a text', async () => {
      await bench.raw.lpush(
        bench.name,
        '{"uuid":"a","attempts":9,"content":1}',
        '{"uuid":"b","content":{"x":1,"attempts":9}}',
        '{"uuid":"c","content":1,"attempts":3} \n',
      )
      const queue = reliable({ maxAttempts: 100 })
      for (const attempt of [1, 1, 4]) {
        const task = await queue.next()
        expect(task?.attempt).to.equal(attempt)
        await task?.nack()
      }
      expect(await texts()).to.deep.equal([
        '{"uuid":"c","content":1,"attempts":4}',
        '{"uuid":"b","content":{"x":1,"attempts":9},"attempts":1}',
        '{"uuid":"a","attempts":9,"content":1,"attempts":1}',
      ])
    })

    it('lets a task that is sent back wait', async () => {
      await write().publish('work')
      const queue = reliable()
      const sentBackAt = Date.now()
      await (await queue.next())?.nack({ delayMs: 60 })
      const task = await queue.bNext()
      expect(task?.attempt).to.equal(2)
      expect(Date.now() - sentBackAt).to.be.at.least(59)
      await task?.ack()
    })

    it('lets a task wait for longer than a timer runs', async () => {
      const delayMs = 100 * 365 * 24 * 3_600_000
      await write().publish('much later', { delayMs })
      const queue = reliable()
      await write().publish('later')
      await (await queue.bNext())?.nack({ delayMs })
      expect(await queue.next()).to.equal(undefined)
      expect(await queue.bNext({ timeoutMs: 20 })).to.equal(undefined)
      expect(await queue.len()).to.equal(0)
      const delayed = `{${bench.name}}:delayed`
      expect(await bench.raw.zcount(delayed, Date.now() + delayMs - 60_000, Date.now() + delayMs)).to.equal(2)
      await bench.raw.del(delayed)
    })

    it('keeps two tasks apart that have the same text', async () => {
      await bench.raw.lpush(bench.name, '{"uuid":"a","content":1}', '{"uuid":"a","content":1}')
      const queue = reliable()
      const [one, two] = [await queue.next(), await queue.next()]
      await Promise.all([one?.nack({ delayMs: 20 }), two?.nack({ delayMs: 20 })])
      const again = [await queue.bNext(), await queue.bNext()]
      expect(again.map((task) => task?.attempt)).to.deep.equal([2, 2])
      await again[0]?.ack()
      expect(await bench.raw.hlen(await hashOf())).to.equal(1)
      await again[1]?.ack()
    })

    const hashOf = async () => (await bench.raw.keys(`*${bench.name}*hand*`))[0] as string

    it('gives a task up after maxAttempts, with the last reason', async () => {
      const uuid = await write().publish({ n: 1 })
      const queue = reliable({ maxAttempts: 3 })
      for (const attempt of [1, 2, 3]) {
        const task = await queue.bNext()
        expect(task?.attempt).to.equal(attempt)
        await task?.nack({ reason: `failure ${attempt}` })
      }
      expect(await queue.next()).to.equal(undefined)
      const [letter, ...others] = await queue.deadLetters.list()
      expect(others).to.deep.equal([])
      expect(letter).to.deep.include({ reason: 'failure 3', attempts: 3, text: `{"uuid":"${uuid}","content":{"n":1}}` })
      expect(letter?.id).to.match(/^\d{13}-\d+$/)
      await queue.deadLetters.clear()
    })

    it('lists dead letters by pages, puts them back and forgets them', async () => {
      const jobs = write<number>()
      const queue = reliable<number>()
      for (let n = 0; n < 5; n++) {
        await jobs.publish(n)
        await (await queue.bNext())?.deadLetter(`reason ${n}`)
      }
      const { deadLetters } = queue
      expect(await deadLetters.len()).to.equal(5)
      const page = await deadLetters.list({ count: 2 })
      const next = await deadLetters.list({ count: 2, after: page[1]!.id })
      expect([...page, ...next].map(({ reason }) => reason)).to.deep.equal([
        'reason 0',
        'reason 1',
        'reason 2',
        'reason 3',
      ])
      expect(await deadLetters.replay(page[1]!.id)).to.equal(true)
      expect(await deadLetters.replay(page[1]!.id), 'a second time').to.equal(false)
      const task = await queue.bNext()
      expect(task).to.include({ content: 1, attempt: 1 })
      await task?.ack()
      expect(await deadLetters.remove(page[0]!.id)).to.equal(true)
      expect(await deadLetters.remove(page[0]!.id)).to.equal(false)
      expect(await deadLetters.replayAll()).to.equal(3)
      expect(await deadLetters.list()).to.deep.equal([])
      for (const content of [2, 3, 4]) {
        const task = await queue.next()
        expect(task?.content).to.equal(content)
        await task?.ack()
      }
    })

    it('takes only whole ids of dead letters', async () => {
      const { deadLetters } = reliable()
      await bench.raw.xadd(deadLetters.key, '5-1', 'task', '{"uuid":"u","content":1}')
      for (const id of ['', '5', '-', '+', '(5-1', 'x', undefined as never]) {
        for (const call of [() => deadLetters.replay(id), () => deadLetters.remove(id)]) {
          expect(await rejection(call())).to.include({ code: 'ERR_INVALID_OPTION', option: 'id' })
        }
      }
      expect((await rejection(deadLetters.list({ after: '5' }))).code).to.equal('ERR_INVALID_OPTION')
      expect(await deadLetters.remove('5-1')).to.equal(true)
    })

    it('leaves a dead letter that holds no task', async () => {
      const { deadLetters } = reliable()
      await bench.raw.xadd(deadLetters.key, '5-1', 'task', '{"uuid":"u","content":1}', 'task', 'another')
      await bench.raw.xadd(deadLetters.key, '6-1', 'reason', 'task')
      expect(await deadLetters.replayAll()).to.equal(1)
      expect(await texts()).to.deep.equal(['{"uuid":"u","content":1}'])
      expect(await deadLetters.list()).to.deep.equal([
        { id: '6-1', reason: 'task', attempts: 0, text: '', eventId: undefined },
      ])
      await deadLetters.clear()
    })

    it('tells once that delayed tasks cannot be moved', async () => {
      await bench.raw.set(`{${bench.name}}:delayed`, 'text')
      const clock = new ManualClock()
      const queue = reliable({ clock, leaseMs: 100_000 })
      await queue.next()
      await until(() => bench.errors.length === 1)
      const attempts = async () =>
        Number(/cmdstat_evalsha:calls=(\d+)/.exec(await bench.raw.info('commandstats'))?.[1] ?? 0)
      const before = await attempts()
      await until(async () => {
        clock.advance(1_000)
        return (await attempts()) >= before + 3
      })
      expect(bench.codes()).to.deep.equal(['ERR_WRONG_TYPE'])
      await bench.raw.del(`{${bench.name}}:delayed`)
    })

    for (const [junk, problem] of JUNK) {
      it(`moves ${junk.slice(0, 40) || 'an empty text'} to the dead letters and goes on`, async () => {
        const queue = reliable({ maxMessageBytes: 1_500, maxDepth: 100 })
        await bench.raw.lpush(bench.name, junk, '{"uuid":"good","content":1}')
        const task = await queue.bNext()
        expect(task?.uuid).to.equal('good')
        await task?.ack()
        await until(async () => (await queue.deadLetters.len()) === 1)
        const [letter] = await queue.deadLetters.list()
        expect(letter?.text).to.equal(junk)
        expect(letter?.reason).to.match(problem)
        expect(bench.codes()).to.deep.equal(['ERR_INVALID_DATA'])
        await queue.deadLetters.clear()
      })
    }

    it('keeps a dead letter byte for byte although it is no text', async () => {
      const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d])
      await bench.raw.lpush(bench.name, bytes)
      const queue = reliable()
      expect(await queue.next()).to.equal(undefined)
      await until(async () => (await queue.deadLetters.len()) === 1)
      const [[, fields]] = (await bench.raw.xrangeBuffer(queue.deadLetters.key, '-', '+')) as unknown as [
        [Buffer, Buffer[]],
      ]
      expect(fields[1]).to.deep.equal(bytes)
      await queue.deadLetters.clear()
    })

    it('gives a task back that is not acknowledged in time', async () => {
      const clock = new ManualClock()
      const queue = reliable({ clock, visibilityTimeoutMs: 1_000 })
      await write().publish('slow')
      const task = (await queue.next())!
      const lost = new Promise((resolve) => task.signal.addEventListener('abort', () => resolve(task.signal.reason)))
      clock.advance(999)
      expect(task.signal.aborted).to.equal(false)
      clock.advance(1)
      expect(await lost).to.be.instanceOf(LeaseLostError)
      const error = await rejection(task.ack())
      expect(error).to.be.instanceOf(LeaseLostError)
      expect(error).to.include({ key: bench.name, id: task.uuid })
      expect(error.message).to.match(/not acknowledged within 1000 ms/)
      const again = await queue.bNext()
      expect(again).to.include({ uuid: task.uuid, attempt: 2 })
      await again?.ack()
    })

    it('gives a task more time when it is asked to', async () => {
      const clock = new ManualClock()
      const queue = reliable({ clock, visibilityTimeoutMs: 100 })
      await write().publish('slow')
      const task = (await queue.next())!
      clock.advance(90)
      task.extend()
      clock.advance(90)
      task.extend(500)
      clock.advance(499)
      expect(task.signal.aborted).to.equal(false)
      clock.advance(1)
      expect(task.signal.aborted).to.equal(true)
      await until(async () => (await texts()).length === 1)
      expect(() => task.extend(0)).to.throw('timeoutMs must be')
    })

    it('settles a task once', async () => {
      await write().publish('work')
      const task = (await reliable().next())!
      await task.ack()
      for (const call of [() => task.ack(), () => task.nack(), () => task.deadLetter('no')]) {
        expect((await rejection(call())).code).to.equal('ERR_LEASE_LOST')
      }
    })

    it('may be settled again after a bad option', async () => {
      await write().publish('work')
      const task = (await reliable().next())!
      expect((await rejection(task.nack({ delayMs: -1 }))).code).to.equal('ERR_INVALID_OPTION')
      await task.ack()
    })

    it('loses nothing when its hash is something else', async () => {
      const queue = reliable()
      await queue.next()
      const [reader = ''] = await bench.raw.zrange(`{${bench.name}}:readers`, 0, '-1')
      const hash = `{${bench.name}}:hand:${reader}`
      await bench.raw.set(hash, 'text')
      const uuid = await write().publish('work')
      expect(await rejection(queue.next())).to.include({ code: 'ERR_WRONG_TYPE', key: hash })
      expect(await texts()).to.deep.equal([`{"uuid":"${uuid}","content":"work"}`])
      await bench.raw.del(hash)
      await (await queue.next())?.ack()
    })

    it('gives a task back as soon as Redis takes it, although it was refused in time', async () => {
      const clock = new ManualClock()
      const queue = reliable({ clock, visibilityTimeoutMs: 1_000, leaseMs: 30_000 })
      const uuid = await write().publish('slow')
      await queue.next()
      await bench.raw.set(bench.name, 'text')
      clock.advance(1_000)
      await until(() => bench.errors.length > 0)
      await bench.raw.del(bench.name)
      clock.advance(9_000)
      await until(async () => (await texts()).length === 1)
      expect(await texts()).to.deep.equal([`{"uuid":"${uuid}","content":"slow","attempts":1}`])
      expect(bench.codes()).to.deep.equal(['ERR_WRONG_TYPE'])
    })

    it('acknowledges what was done as soon as Redis takes it', async () => {
      const clock = new ManualClock()
      const queue = reliable({ clock, leaseMs: 30_000 })
      await write().publish('work')
      const [begun, end] = [deferred(), deferred()]
      const processing = rejection(
        queue.process(() => {
          begun.resolve()
          return end.promise
        }),
      )
      await begun.promise
      const [reader = ''] = await bench.raw.zrange(`{${bench.name}}:readers`, 0, '-1')
      const hash = `{${bench.name}}:hand:${reader}`
      await bench.raw.rename(hash, `${hash} meanwhile`)
      await bench.raw.set(hash, 'text')
      end.resolve()
      expect((await processing).code).to.equal('ERR_WRONG_TYPE')
      await until(() => bench.errors.length > 0)
      await bench.raw.rename(`${hash} meanwhile`, hash)
      clock.advance(10_000)
      await until(async () => (await bench.raw.exists(hash)) === 0)
      expect(bench.codes()).to.deep.equal(['ERR_WRONG_TYPE'])
      await queue.close()
      expect(await texts()).to.deep.equal([])
    })

    it('gives a task back that is not settled in time after its acknowledgement was refused', async () => {
      const clock = new ManualClock()
      const queue = reliable({ clock, visibilityTimeoutMs: 1_000 })
      const uuid = await write().publish('work')
      const task = (await queue.next())!
      const [reader = ''] = await bench.raw.zrange(`{${bench.name}}:readers`, 0, '-1')
      const hash = `{${bench.name}}:hand:${reader}`
      await bench.raw.rename(hash, `${hash} meanwhile`)
      await bench.raw.set(hash, 'text')
      expect((await rejection(task.ack())).code).to.equal('ERR_WRONG_TYPE')
      await bench.raw.rename(`${hash} meanwhile`, hash)
      clock.advance(1_000)
      expect(task.signal.aborted).to.equal(true)
      await until(async () => (await texts()).length === 1)
      expect(await texts()).to.deep.equal([`{"uuid":"${uuid}","content":"work","attempts":1}`])
    })

    it('takes over what lost readers had although there is junk among them', async () => {
      const tag = `{${bench.name}}`
      await bench.raw.set(`${tag}:hand:no hash`, 'text')
      await bench.raw.hset(`${tag}:hand:odd names`, { x: 'junk', y: 'junk', nan: 'junk', '1': 'junk' })
      await bench.raw.hset(`${tag}:hand:reader`, { '1': '{"uuid":"good","content":1}' })
      await bench.raw.zadd(`${tag}:readers`, 1, 'no hash', 2, 'odd names', 3, 'reader')
      const queue = reliable()
      const task = await queue.bNext()
      expect(task).to.include({ uuid: 'good', attempt: 2 })
      await task?.ack()
      expect(await bench.raw.zcard(`${tag}:readers`)).to.equal(1)
      expect(bench.codes()).to.include('ERR_WRONG_TYPE')
      await bench.raw.del(`${tag}:hand:no hash`)
      expect(await queue.bNext({ timeoutMs: 0 })).to.equal(undefined)
      await until(async () => (await queue.deadLetters.len()) === 4)
      await queue.deadLetters.clear()
    })

    it('gives everything back when it is closed although there is junk in its hash', async () => {
      const uuid = await write().publish('work')
      const queue = reliable()
      await queue.next()
      const [reader = ''] = await bench.raw.zrange(`{${bench.name}}:readers`, 0, '-1')
      await bench.raw.hset(`{${bench.name}}:hand:${reader}`, { odd: 'junk', odder: 'junk' })
      await queue.close()
      expect(await texts()).to.have.length(3)
      expect(await texts()).to.include(`{"uuid":"${uuid}","content":"work"}`)
    })

    it('takes over what a lost reader had, the oldest first, and what had woken it', async () => {
      const tag = `{${bench.name}}`
      await bench.raw.hset(`${tag}:hand:gone`, {
        '9': '{"uuid":"a","content":1}',
        '10': '{"uuid":"b","content":1,"attempts":4}',
        '11': 'junk',
        '12': '{"uuid":"c","content":1}',
      })
      await bench.raw.zadd(`${tag}:readers`, 1, 'gone')
      await bench.raw.lpush(`${tag}:arrived`, '{"uuid":"d","content":1}')
      const queue = reliable()
      const tasks = []
      while (tasks.length < 3) {
        const task = await queue.bNext()
        tasks.push([task?.uuid, task?.attempt])
        await task?.ack()
      }
      expect(tasks.toSorted()).to.deep.equal([
        ['a', 2],
        ['c', 2],
        ['d', 1],
      ])
      await until(async () => (await queue.deadLetters.len()) === 2)
      const letters = await queue.deadLetters.list()
      expect(letters.map(({ text, attempts }) => [text, attempts]).toSorted()).to.deep.equal([
        ['junk', 1],
        ['{"uuid":"b","content":1}', 5],
      ])
      expect(letters.find(({ attempts }) => attempts === 5)?.reason).to.equal('its reader was lost')
      expect(await bench.raw.zcard(`${tag}:readers`)).to.equal(1)
      await queue.deadLetters.clear()
    })

    it('is told when others have taken over, since it was silent', async () => {
      // Its clock stands still, so it says nothing of itself.
      const silent = reliable({ clock: new ManualClock(), leaseMs: 100 })
      await write().publish('work')
      const task = (await silent.next())!
      const other = reliable({ leaseMs: 100 })
      const taken = (await other.bNext())!
      expect(taken).to.include({ uuid: task.uuid, attempt: 2 })
      expect((await rejection(task.ack())).code).to.equal('ERR_LEASE_LOST')
      expect(task.signal.aborted).to.equal(true)
      await taken.ack()
    })

    it('renews its lease for as long as it lives', async () => {
      const queue = reliable({ leaseMs: 2_400 })
      await write().publish('work')
      const task = (await queue.next())!
      const other = reliable({ leaseMs: 2_400 })
      const waiting = rejection(other.bNext())
      const readers = `{${bench.name}}:readers`
      const [reader = ''] = await bench.raw.zrange(readers, 0, '-1')
      for (let renewals = 0, expiry = 0; renewals < 4; ) {
        const now = Number(await bench.raw.zscore(readers, reader))
        if (now > expiry) renewals++
        expiry = now
      }
      await task.ack()
      await other.close()
      expect((await waiting).code).to.equal('ERR_CLOSED')
    })

    it('gives everything back when it is closed, the oldest first and no attempt counted', async () => {
      const jobs = write<number>()
      await Promise.all([1, 2, 3, 4].map((n) => jobs.publish(n)))
      const queue = reliable<number>()
      const tasks = [await queue.next(), await queue.next(), await queue.next()]
      await tasks[1]?.ack()
      const before = await texts()
      await queue.close()
      const contents = (await texts()).map((text) => JSON.parse(text))
      expect(contents.map(({ content }) => content)).to.deep.equal([4, 3, 1])
      expect(before).to.have.length(1)
      expect(contents.every((task) => task.attempts === undefined)).to.equal(true)
      expect((await rejection(tasks[0]!.ack())).code).to.equal('ERR_LEASE_LOST')
    })

    it('acknowledges what a handler returns from, and sends back what it throws at, after a while', async () => {
      const jobs = write<string>()
      for (const name of ['good', 'bad', 'own']) await jobs.publish(name)
      const queue = reliable<string>({ maxAttempts: 2 })
      const stop = new AbortController()
      const seen: string[] = []
      const processing = queue.process(
        async (task) => {
          seen.push(`${task.content} ${task.attempt}`)
          if (task.content === 'bad') throw new TypeError('not good')
          if (task.content === 'own') await task.deadLetter('as I see it')
        },
        { signal: stop.signal, retryDelayMs: (attempt) => attempt * 10 },
      )
      await until(async () => (await queue.deadLetters.len()) === 2)
      stop.abort()
      await processing
      expect(seen).to.deep.equal(['good 1', 'bad 1', 'own 1', 'bad 2'])
      const letters = await queue.deadLetters.list()
      expect(letters.map(({ reason }) => reason)).to.deep.equal(['as I see it', 'TypeError: not good'])
      expect(bench.errors).to.deep.equal([])
      await queue.deadLetters.clear()
    })

    it('shares a queue with a plain reader', async () => {
      const jobs = write<number>()
      const [one, two] = [plain<number>(), reliable<number>()]
      const seen: number[] = []
      const stop = new AbortController()
      const note = ({ content }: { content: number }) => {
        if (seen.push(content) === 200) stop.abort()
      }
      const processing = Promise.all([
        one.process(note, { concurrency: 3, signal: stop.signal }),
        two.process(note, { concurrency: 3, signal: stop.signal }),
      ])
      for (let i = 0; i < 200; i++) await jobs.publish(i)
      await processing
      expect(seen.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 200 }, (_, i) => i))
    })
  })
}

/** A proxy of which nothing can be asked. */
function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
