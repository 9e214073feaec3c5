import type { Redis } from 'ioredis'
import type { Contender } from '../contender.ts'
import { type Sample, usedSince, wrongAnswer } from '../load.ts'
import type { Workload } from '../workload.ts'

const inboxOf = (list: string) => `${list}:rpc:backlog`

/** Lays `count` requests on the list. */
export async function fill(contender: Contender, redis: Redis, list: string, workload: Workload): Promise<void> {
  const count = workload.backlog!
  for (let id = 1; id <= count; ) {
    const requests: string[] = []
    for (; requests.length < 1000 && id <= count; id++) {
      requests.push(contender.request(id, workload.payload(id), inboxOf(list)))
    }
    await redis.rpush(list, ...requests)
  }
}

/**
 * Starts a server on the list and measures from the first call it handles until the last reply stands on the inbox;
 * connecting is not measured. Every reply is checked.
 */
export async function drain(
  contender: Contender,
  redis: Redis,
  url: string,
  list: string,
  workload: Workload,
): Promise<Sample> {
  const count = workload.backlog!
  const inbox = inboxOf(list)
  let handled = 0
  let start = 0
  let cpu: NodeJS.CpuUsage | undefined
  const server = await new Promise<{ close(): Promise<void> }>((resolve, reject) => {
    const target = {
      echo(value: unknown) {
        if (cpu === undefined) {
          cpu = process.cpuUsage()
          start = performance.now()
        }
        if (++handled === count) serving.then(resolve, reject)
        return value
      },
    }
    const serving = contender.serve(url, list, target)
    serving.catch(reject)
  })
  while ((await redis.llen(inbox)) < count)
    if (performance.now() - start > 60_000) throw new Error('replies are missing')
  const seconds = (performance.now() - start) / 1000
  const cpuUs = usedSince(cpu!)

  const missing = new Set(Array.from({ length: count }, (_, index) => index + 1))
  for (const text of await redis.lrange(inbox, 0, -1)) {
    const { id, value } = contender.reply(text)
    if (!missing.delete(id) || !workload.isAnswer(workload.payload(id), value)) {
      throw wrongAnswer(workload.payload(id), value)
    }
  }
  await redis.del(inbox)
  await server.close()
  return { calls: count, seconds, cpuUs }
}
