import { setTimeout } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { serverList, serverTable } from '../../lib/wire/keys.ts'
import { freshName } from '../helpers/names.ts'
import { Random } from '../helpers/random.ts'
import { until } from '../helpers/until.ts'
import { anyAnswer, anyMember, anyReply, anyRequest } from './messages.ts'

/** How many messages are written before what they did is waited for. */
const BATCH = 500
/** So many forged servers take part: they are in the table, and answer questions with junk. */
const ROGUES = 3

export interface FuzzResult {
  readonly messages: number
  readonly honestCalls: number
  /** Honest calls that were not answered with their own value. */
  readonly wrong: readonly string[]
  readonly serverJunk: number
  readonly clientJunk: number
  /** Questions that rogue servers answered. */
  readonly forgedAnswers: number
  /** Calls that wait when all is over. */
  readonly pending: number
  /** Servers that the server says it has met. */
  readonly met: number
  /** How much the heap of this process has grown between a tenth and the end, in MB; NaN where the garbage cannot be collected. */
  readonly grownMb: number
}

interface Target {
  echo(value: number): number
  slow(value: number): number
  inbox(): string
}

/** Writes `messages` forged messages wherever whoever may write to Redis can, while honest calls run. */
export async function fuzz(url: string, messages: number, seed: number): Promise<FuzzResult> {
  const random = new Random(seed)
  const name = freshName('fuzz')
  const onError = (): void => {}
  const target = {
    echo: (value: number) => value,
    slow: (value: number) => setTimeout(1_500, value),
    inbox: () => callContext()?.caller ?? '',
  }
  const server = new RedisRPCServer(url, name, target, { onError })
  await server.start()
  const client = new RedisRPCClient<Target>(url, name, { onError })
  const raw = new Redis(url)
  const inbox = await client.inbox()
  const own = serverList(name, server.id)
  const table = serverTable(name)
  const rogues = new Rogues(url, name, random)
  const wrong: string[] = []
  let honestCalls = 0
  const honest = async (call: Promise<number>, value: number): Promise<void> => {
    honestCalls++
    const got = await call.catch((error: unknown) => String(error))
    if (got !== value) wrong.push(`${value}: ${got}`)
  }
  const replyLists = [`${name}:rpc:aaaaaaaaaaaa`, own, `{${name}}:server:bbbbbbbbbbbb`, 'elsewhere', '__proto__', '']
  let atTenth = Number.NaN
  for (let done = 0; done < messages; done += BATCH) {
    const calls = [honest(client.slow(done), done)]
    for (let n = 1; n <= 20; n++) calls.push(honest(client.echo(done + n), done + n))
    const write = raw.pipeline()
    for (let n = 0; n < BATCH; n++) {
      const kind = random.below(10)
      if (kind < 5) write.rpush(own, anyRequest(random, replyLists))
      else if (kind < 9) write.rpush(inbox, anyReply(random))
      else write.zadd(table, random.of([1, -1, Date.now(), Date.now() + 3_000, 'inf']), anyMember(random))
    }
    rogues.join(write, table)
    await write.exec()
    await Promise.all(random.below(4) === 0 ? calls : calls.slice(1))
    await until(async () => (await raw.llen(own)) === 0 && (await raw.llen(inbox)) === 0)
    if (Number.isNaN(atTenth) && done >= messages / 10) atTenth = heapMb()
  }
  await until(() => control(client).stats.pending === 0)
  const info = await ask(raw, name, server.id)
  const grownMb = heapMb() - atTenth
  const { pending, junk } = control(client).stats
  const forgedAnswers = rogues.answers
  rogues.close()
  await control(client).close()
  await server.close()
  const left = await raw.keys(`*${name}*`)
  if (left.length > 0) await raw.del(...left)
  raw.disconnect()
  return {
    messages,
    honestCalls,
    wrong,
    serverJunk: server.stats.junk,
    clientJunk: junk,
    forgedAnswers,
    pending,
    met: info,
    grownMb,
  }
}

/** How many servers the honest one names in an answer. */
async function ask(raw: Redis, name: string, id: string): Promise<number> {
  const list = `${name}:rpc:zzzzzzzzzzzz`
  const question = { function_call: { name: 'rpc.ask', args: [[1]] }, response_queue: list, id: 1 }
  await raw.rpush(serverList(name, id), JSON.stringify(question))
  const waiting = raw.duplicate()
  const [, text] = (await waiting.blpop(list, 10)) ?? []
  waiting.disconnect()
  return (JSON.parse(text ?? '{}') as { return_value?: { met?: unknown[] } }).return_value?.met?.length ?? -1
}

/** In MB, after the garbage was collected; NaN without `--expose-gc`. */
function heapMb(): number {
  if (globalThis.gc === undefined) return Number.NaN
  globalThis.gc()
  return process.memoryUsage().heapUsed / 1_048_576
}

/** Servers in the table that pop their own lists, and answer questions with whatever. */
class Rogues {
  answers = 0
  readonly #ids = Array.from({ length: ROGUES }, (_, n) => `rogue-${n}-----`.slice(0, 12))
  readonly #redis: Redis
  readonly #random: Random
  readonly #name: string

  constructor(url: string, name: string, random: Random) {
    this.#redis = new Redis(url)
    this.#random = random
    this.#name = name
    void this.#answer()
  }

  join(write: ReturnType<Redis['pipeline']>, table: string): void {
    for (const id of this.#ids) write.zadd(table, Date.now() + 5_000, `${id} 5000  `)
  }

  close(): void {
    this.#redis.disconnect()
  }

  async #answer(): Promise<void> {
    const lists = this.#ids.map((id) => serverList(this.#name, id))
    const answering = this.#redis.duplicate()
    try {
      for (;;) {
        const [, text] = (await this.#redis.blpop(lists, 1)) ?? []
        if (text === undefined) continue
        const { id, response_queue, function_call } = JSON.parse(text) as {
          id?: number
          response_queue?: string
          function_call: { name: string; args: [number[]] }
        }
        if (id === undefined || response_queue === undefined || function_call.name !== 'rpc.ask') continue
        this.answers++
        const answer = anyAnswer(this.#random, function_call.args[0])
        await answering.rpush(response_queue, JSON.stringify({ id, return_value: answer }))
      }
    } catch {
      answering.disconnect()
    }
  }
}
