import { expect } from 'chai'
import type { MiddlewareCall } from 'redis-object-rpc'
import {
  type GroupEvent,
  GroupReadStream,
  type Middleware,
  ReadQueue,
  type ReadQueueOptions,
  ReadStream,
  type ReliableTask,
  WriteQueue,
  WriteStream,
} from 'redis-object-rpc/ipc'
import type { RunningRedis } from '../helpers/backends.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { until } from '../helpers/until.ts'
import { Bench, needScripts, rejection } from '../ipc/helpers.ts'

/** What is no metadata, as it stands in a message. */
const NO_METADATA: Readonly<Record<string, string>> = {
  'a number': '5',
  null: 'null',
  'an array': '["traceparent"]',
  'something other than strings': '{"traceparent":"00-1-2-01","depth":3}',
  'an object within': '{"traceparent":{"toString":"x"}}',
  'more than it may have': JSON.stringify({ text: 'x'.repeat(16_384) }),
}

/** Middleware around tasks and events, and what travels beside their content. */
export function ipcMiddlewareSuite(redis: () => RunningRedis): void {
  const bench = new Bench(redis, 'middleware')
  let calls: Record<string, unknown>[]
  const seen = (call: MiddlewareCall): void => {
    const { service, method, args, kind, direction, attempt, access, deadline, caller, message, metadata } = call
    calls.push({
      service,
      method,
      args: [...args],
      kind,
      direction,
      attempt,
      access,
      deadline,
      caller,
      message,
      metadata: { ...metadata },
    })
  }
  const watching: Middleware = ({ call, next }) => {
    seen(call)
    return next()
  }
  const tenant: Middleware = ({ call, next }) => {
    call.metadata.tenant = 'acme'
    return next()
  }
  const texts = (): Promise<string[]> => bench.raw.lrange(bench.name, 0, -1)
  const write = (use: readonly Middleware[] = []): WriteQueue<unknown> =>
    bench.open(new WriteQueue<unknown>(redis().url, bench.name, { use }))
  const plain = (options: ReadQueueOptions & { reliable?: false } = {}): ReadQueue<unknown> =>
    bench.open(new ReadQueue<unknown>(redis().url, bench.name, options))
  const reliable = (use: readonly Middleware[] = [], maxAttempts = 5) =>
    bench.open(
      new ReadQueue<unknown>(redis().url, bench.name, {
        reliable: true,
        use,
        maxAttempts,
        onError: bench.onError,
      }),
    )
  const out = (use: readonly Middleware[] = []): WriteStream<unknown> =>
    bench.open(new WriteStream<unknown>(redis().url, bench.name, { use }))
  const group = (use: readonly Middleware[] = [], maxAttempts = 5): GroupReadStream<unknown> =>
    bench.open(
      new GroupReadStream<unknown>(redis().url, bench.name, 'billing', {
        from: '0',
        use,
        maxAttempts,
        claimIdleMs: 1_000,
        onError: bench.onError,
      }),
    )
  beforeEach(async function () {
    await needScripts.call(this, bench.raw)
    calls = []
  })
  afterEach(async () => {
    await bench.closeAll()
    await bench.raw.del(bench.name, `{${bench.name}}:dead`, `{${bench.name}}:dead:billing`)
    expect(await bench.keys()).to.deep.equal([])
  })

  describe('of a queue', () => {
    it('leaves a task byte for byte what it is without, unless it adds something', async () => {
      const uuid = await write([watching]).publish({ n: 1 }, { metadata: {} })
      expect(await texts()).to.deep.equal([`{"uuid":"${uuid}","content":{"n":1}}`])
    })

    it('writes metadata behind the content, and every reader finds it', async () => {
      const jobs = write([tenant])
      const first = await jobs.publish(1)
      const second = await jobs.publish(new Date(0), { metadata: { user: 'ann' } })
      const third = await write().publish(3, { metadata: { user: 'bob' } })
      expect(await texts()).to.deep.equal([
        `{"uuid":"${third}","content":3,"metadata":{"user":"bob"}}`,
        `{"uuid":"${second}","content":"1970-01-01T00:00:00.000Z","meta":{"values":["Date"],"v":1},"metadata":{"user":"ann","tenant":"acme"}}`,
        `{"uuid":"${first}","content":1,"metadata":{"tenant":"acme"}}`,
      ])
      expect(await plain().next()).to.deep.equal({ uuid: first, content: 1, metadata: { tenant: 'acme' } })
      for await (const task of reliable()) {
        if (task.uuid === second) expect(task.metadata).to.deep.equal({ user: 'ann', tenant: 'acme' })
        else expect(task.metadata).to.deep.equal({ user: 'bob' })
        await task.ack()
        if (task.uuid === third) break
      }
    })

    it('runs around publishing and around handlers, and knows of what', async () => {
      const uuid = await write([tenant, watching]).publish({ n: 1 })
      const queue = reliable([watching])
      const done = new AbortController()
      await queue.process(() => done.abort(), { signal: done.signal })
      const common = { service: bench.name, args: [{ n: 1 }], access: 'call', deadline: undefined, attempt: 1 }
      const message = { id: uuid, group: undefined }
      const metadata = { tenant: 'acme' }
      expect(calls).to.deep.equal([
        { ...common, method: 'publish', kind: 'publish', direction: 'outgoing', caller: undefined, message, metadata },
        { ...common, method: 'process', kind: 'process', direction: 'incoming', caller: '', message, metadata },
      ])
    })

    for (const isReliable of [false, true]) {
      it(`may replace the content at both ends of a ${isReliable ? 'reliable' : 'plain'} queue`, async () => {
        const hide: Middleware = ({ call, next }) => {
          call.args = [Buffer.from(JSON.stringify(call.args[0])).toString('base64')]
          return next()
        }
        const show: Middleware = ({ call, next }) => {
          call.args = [JSON.parse(String(Buffer.from(String(call.args[0]), 'base64')))]
          return next()
        }
        const uuid = await write([hide]).publish({ n: 1 })
        expect(await texts()).to.deep.equal([`{"uuid":"${uuid}","content":"eyJuIjoxfQ=="}`])
        const queue = isReliable ? reliable([show]) : plain({ use: [show] })
        const done = new AbortController()
        const contents: unknown[] = []
        await queue.process(
          (task) => {
            contents.push(task.content)
            done.abort()
          },
          { signal: done.signal },
        )
        expect(contents).to.deep.equal([{ n: 1 }])
      })
    }

    it('refuses what it throws at, publishes nothing and says why', async () => {
      const jobs = write([
        () => {
          throw new RangeError('too many')
        },
      ])
      expect(await rejection(jobs.publish(1))).to.be.instanceOf(RangeError)
      expect(await texts()).to.deep.equal([])
    })

    it('publishes once more with again(), under the same uuid', async () => {
      const uuid = await write([
        async ({ next, again }) => {
          await next()
          return again()
        },
      ]).publish(1)
      const text = `{"uuid":"${uuid}","content":1}`
      expect(await texts()).to.deep.equal([text, text])
      await bench.raw.del(bench.name)
    })

    it('refuses metadata that cannot travel', async () => {
      const spoil: Middleware = ({ call, next }) => {
        call.metadata.much = 'x'.repeat(16_384)
        return next()
      }
      expect(await rejection(write([spoil]).publish(1))).to.include({ code: 'ERR_INVALID_OPTION', option: 'metadata' })
      const odd = { user: 7 } as unknown as Record<string, string>
      expect(await rejection(write().publish(1, { metadata: odd }))).to.include({ option: 'metadata' })
      expect(await texts()).to.deep.equal([])
    })

    it('has a task sent back that it throws at; attempts, dead letter and replay keep the metadata', async () => {
      const uuid = await write([tenant]).publish(1)
      const attempts: unknown[] = []
      const refuse: Middleware = ({ call }) => {
        attempts.push([call.attempt, { ...call.metadata }])
        throw new RangeError('no')
      }
      const queue = reliable([refuse], 2)
      const processing = queue.process(() => {}, { retryDelayMs: 0 })
      await until(async () => (await queue.deadLetters.len()) === 1)
      const [letter] = await queue.deadLetters.list()
      expect(letter).to.include({
        text: `{"uuid":"${uuid}","content":1,"metadata":{"tenant":"acme"}}`,
        reason: 'RangeError: no',
      })
      expect(attempts).to.deep.equal([
        [1, { tenant: 'acme' }],
        [2, { tenant: 'acme' }],
      ])
      await queue.close()
      await processing
      const again = reliable()
      await again.deadLetters.replay(letter!.id)
      const task = await again.bNext()
      expect(task).to.deep.include({ uuid, attempt: 1, metadata: { tenant: 'acme' } })
      await task?.nack()
      expect(await texts()).to.deep.equal([`{"uuid":"${uuid}","content":1,"metadata":{"tenant":"acme"},"attempts":1}`])
      const second = await again.bNext()
      expect(second).to.deep.include({ uuid, attempt: 2, metadata: { tenant: 'acme' } })
      await second?.ack()
    })

    it('acknowledges a task that it answers without the handler', async () => {
      await write().publish('skip')
      await write().publish('work')
      const handled: unknown[] = []
      const done = new AbortController()
      const skip: Middleware = ({ call, next }) => (call.args[0] === 'skip' ? undefined : next())
      await reliable([skip]).process(
        ({ content }) => {
          handled.push(content)
          done.abort()
        },
        { signal: done.signal },
      )
      expect(handled).to.deep.equal(['work'])
    })

    it('gives the signal of the task, so that whoever waits learns that it is lost', async () => {
      await write().publish(1)
      let signal: AbortSignal | undefined
      let handled: ReliableTask<unknown> | undefined
      const done = new AbortController()
      const watch: Middleware = ({ call, next }) => {
        signal = call.signal
        return next()
      }
      await reliable([watch]).process(
        (task) => {
          handled = task
          done.abort()
        },
        { signal: done.signal },
      )
      expect(signal).to.equal(handled?.signal)
    })

    it('carries metadata with a delayed task', async () => {
      await write([tenant]).publish(1, { delayMs: 1 })
      expect((await plain().bNext())?.metadata).to.deep.equal({ tenant: 'acme' })
    })

    for (const [what, text] of Object.entries(NO_METADATA)) {
      it(`reads a task whose metadata is ${what} as one without`, async () => {
        await bench.raw.lpush(bench.name, `{"uuid":"u","content":1,"metadata":${text}}`)
        expect(await plain().next()).to.deep.equal({ uuid: 'u', content: 1, metadata: {} })
      })
    }

    it('does not let metadata from Redis reach the prototype of objects, nor be changed', async () => {
      await bench.raw.lpush(bench.name, '{"uuid":"u","content":1,"metadata":{"constructor":"c","toString":"t"}}')
      const task = await plain().next()
      expect(Object.entries(task?.metadata ?? {})).to.deep.equal([
        ['constructor', 'c'],
        ['toString', 't'],
      ])
      expect(Object.isFrozen(task?.metadata)).to.equal(true)
    })

    it('fails what a middleware holds when the writer is closed', async () => {
      const clock = new ManualClock()
      let held = false
      const hold: Middleware = () => {
        held = true
        return new Promise(() => {})
      }
      const jobs = new WriteQueue(redis().url, bench.name, { use: [hold], clock })
      const published = rejection(jobs.publish(1))
      expect(held).to.equal(true)
      const closed = jobs.close()
      clock.advance(2_000)
      expect(await published).to.include({ code: 'ERR_CLOSED', message: `the writer of ${bench.name} is closed` })
      await closed
    })
  })

  describe('of a stream', () => {
    it('leaves an event what it is without, unless it adds something', async () => {
      const id = await out([watching]).publish(1)
      expect(await bench.raw.xrange(bench.name, '-', '+')).to.deep.equal([[id, ['content', '1']]])
    })

    it('writes metadata into a field of its own, and every reader finds it', async () => {
      const id = await out([tenant]).publish(1, { metadata: { user: 'ann' } })
      const fields = ['content', '1', 'metadata', '{"user":"ann","tenant":"acme"}']
      expect(await bench.raw.xrange(bench.name, '-', '+')).to.deep.equal([[id, fields]])
      const event = { id, content: 1, metadata: { user: 'ann', tenant: 'acme' } }
      const prices = bench.open(new ReadStream(redis().url, bench.name, { from: '0' }))
      expect(await prices.bNext()).to.deep.equal(event)
      expect(await prices.last()).to.deep.equal(event)
      const shared = await group().bNext()
      expect(shared).to.deep.include(event)
      await shared?.ack()
    })

    it('runs around publishing and around the handlers of a group, and knows of what', async () => {
      const id = await out([watching, tenant]).publish('p')
      const done = new AbortController()
      await group([watching]).process(() => done.abort(), { signal: done.signal })
      const common = { service: bench.name, args: ['p'], access: 'call', deadline: undefined, attempt: 1 }
      expect(calls).to.deep.equal([
        {
          ...common,
          method: 'publish',
          kind: 'publish',
          direction: 'outgoing',
          caller: undefined,
          message: { id: undefined, group: undefined },
          metadata: {},
        },
        {
          ...common,
          method: 'process',
          kind: 'process',
          direction: 'incoming',
          caller: '',
          message: { id, group: 'billing' },
          metadata: { tenant: 'acme' },
        },
      ])
    })

    it('keeps the metadata of an event that comes again, and of one that is replayed', async () => {
      const id = await out([tenant]).publish(1)
      const attempts: unknown[] = []
      const refuse: Middleware = ({ call }) => {
        attempts.push([call.attempt, { ...call.metadata }])
        throw new RangeError('no')
      }
      const events = group([refuse], 2)
      const processing = events.process(() => {}, { retryDelayMs: 0 })
      await until(async () => (await events.deadLetters.len()) === 1)
      await events.close()
      await processing
      expect(attempts).to.deep.equal([
        [1, { tenant: 'acme' }],
        [2, { tenant: 'acme' }],
      ])
      const later = group()
      expect(await later.deadLetters.replayAll()).to.equal(1)
      const again = (await later.bNext()) as GroupEvent<unknown>
      expect(again).to.deep.include({ id, metadata: { tenant: 'acme' } })
      await again.ack()
    })

    for (const [what, text] of Object.entries({ ...NO_METADATA, 'no JSON': '{"traceparent"', empty: '' })) {
      it(`reads an event whose metadata is ${what} as one without`, async () => {
        const id = await bench.raw.xadd(bench.name, '*', 'content', '1', 'metadata', text)
        const prices = bench.open(new ReadStream(redis().url, bench.name, { from: '0' }))
        expect(await prices.bNext()).to.deep.equal({ id, content: 1, metadata: {} })
      })
    }

    it('refuses metadata that cannot travel', async () => {
      const odd = { user: 7 } as unknown as Record<string, string>
      expect(await rejection(out().publish(1, { metadata: odd }))).to.include({ option: 'metadata' })
      expect(await bench.raw.exists(bench.name)).to.equal(0)
    })

    it('fails what a middleware holds when the writer is closed', async () => {
      const clock = new ManualClock()
      const stream = new WriteStream(redis().url, bench.name, { use: [() => new Promise(() => {})], clock })
      const published = rejection(stream.publish(1))
      const closed = stream.close()
      clock.advance(2_000)
      expect(await published).to.include({ code: 'ERR_CLOSED' })
      await closed
    })
  })
}
