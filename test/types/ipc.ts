/** The types of the shared structures. Checked by the compiler; `test/types/types.test.ts` runs it. */
import { expectTypeOf } from 'expect-type'
import {
  Cache,
  type DeadLetter,
  type GroupEvent,
  GroupReadStream,
  ReadQueue,
  ReadStream,
  type ReliableTask,
  type StreamEvent,
  type Task,
  WriteQueue,
  WriteStream,
} from 'redis-object-rpc/ipc'

interface Job {
  readonly image: string
}

const url = 'redis://localhost'

export async function queues(): Promise<void> {
  const jobs = new WriteQueue<Job>(url, 'jobs')
  expectTypeOf(await jobs.publish({ image: 'a' }, { delayMs: 5 })).toEqualTypeOf<string>()
  // @ts-expect-error not a job
  await jobs.publish({ picture: 'a' })
  // @ts-expect-error units end the name
  await jobs.publish({ image: 'a' }, { delay: 5 })

  const plain = new ReadQueue<Job>(url, 'jobs')
  expectTypeOf(await plain.next()).toEqualTypeOf<Task<Job> | undefined>()
  // @ts-expect-error a plain task cannot be acknowledged
  await (await plain.next())?.ack()
  // @ts-expect-error nor has a plain reader dead letters
  plain.deadLetters
  // @ts-expect-error nor retries
  await plain.process(() => {}, { retryDelayMs: 5 })
  // @ts-expect-error nor a lease
  new ReadQueue<Job>(url, 'jobs', { leaseMs: 5 })

  const reliable = new ReadQueue<Job>(url, 'jobs', { reliable: true, leaseMs: 5_000 })
  expectTypeOf(await reliable.bNext({ timeoutMs: 5 })).toEqualTypeOf<ReliableTask<Job> | undefined>()
  expectTypeOf(await reliable.deadLetters.list()).toEqualTypeOf<DeadLetter[]>()
  for await (const task of reliable) expectTypeOf(task).toEqualTypeOf<ReliableTask<Job>>()
  for await (const task of plain) expectTypeOf(task).toEqualTypeOf<Task<Job>>()
  await reliable.process((task) => expectTypeOf(task).toEqualTypeOf<ReliableTask<Job>>(), { retryDelayMs: (n) => n })
  // A reliable reader can stand wherever a reader is asked for.
  expectTypeOf(reliable).toExtend<ReadQueue<Job>>()
  expectTypeOf((await new ReadQueue(url, 'jobs').next())?.content).toEqualTypeOf<unknown>()
}

export async function caches(): Promise<void> {
  const users = new Cache<Job>(url, 'users', { layout: 'keys' })
  expectTypeOf(await users.get('17')).toEqualTypeOf<Job | undefined>()
  expectTypeOf(await users.getOrSet('17', () => ({ image: 'a' }))).toEqualTypeOf<Job>()
  expectTypeOf(await users.getOrSet('17', async () => ({ image: 'a' }))).toEqualTypeOf<Job>()
  // @ts-expect-error not a job
  await users.set('17', 5)
  // @ts-expect-error no such layout
  new Cache<Job>(url, 'users', { layout: 'list' })
}

export async function streams(): Promise<void> {
  const out = new WriteStream<Job>(url, 'events')
  expectTypeOf(await out.publish({ image: 'a' })).toEqualTypeOf<string>()
  const reader = new ReadStream<Job>(url, 'events', { from: '0' })
  expectTypeOf(await reader.last()).toEqualTypeOf<StreamEvent<Job> | undefined>()
  for await (const event of reader) expectTypeOf(event.content).toEqualTypeOf<Job>()
  const group = new GroupReadStream<Job>(url, 'events', 'group')
  expectTypeOf(await group.bNext()).toEqualTypeOf<GroupEvent<Job> | undefined>()
  await using _disposed = group
}
