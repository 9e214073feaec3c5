import { Redis } from 'ioredis'

type Reply = string | number | null | Reply[]

/** Everything a server holds, as lines of text: keys, types, values, expiries, groups of streams and what is pending. */
export async function contents(port: number): Promise<string[]> {
  const redis = new Redis(port, '127.0.0.1')
  const lines: string[] = []
  try {
    for (let db = 0; db < 16; db++) {
      await redis.select(db)
      const keys = (await redis.keysBuffer('*')).map((key) => key.toString('latin1')).sort()
      for (const key of keys) lines.push(`${db} ${await describeKey(redis, Buffer.from(key, 'latin1'))}`)
    }
  } finally {
    redis.disconnect()
  }
  return lines
}

/**
 * A line without what Redis 7.0 does not log: how many entries a group has read, how often an entry was delivered again
 * to the same consumer, and consumers that nothing was delivered to.
 */
export function asLogged(line: string): string {
  return line
    .replace(/"consumers",\d+/g, '')
    .replace(/"entries-read",\w+,"lag",\w+/g, '')
    .replace(/,?\["[cd]",0\]/g, '')
    .replace(/(\["\d+-\d+","[cd]"),\d+\]/g, '$1]')
    .replaceAll('[,', '[')
}

async function describeKey(redis: Redis, key: Buffer): Promise<string> {
  const type = await redis.type(key)
  const expiresAt = await redis.call('PEXPIRETIME', [key])
  const value = await READERS[type]!(redis, key)
  return JSON.stringify([key.toString('latin1'), type, expiresAt, value])
}

const READERS: Readonly<Record<string, (redis: Redis, key: Buffer) => Promise<Reply>>> = {
  string: (redis, key) => ask(redis, 'GET', key),
  list: (redis, key) => ask(redis, 'LRANGE', key, '0', '-1'),
  set: async (redis, key) => ((await ask(redis, 'SMEMBERS', key)) as string[]).sort(),
  zset: (redis, key) => ask(redis, 'ZRANGE', key, '0', '-1', 'WITHSCORES'),
  hash: async (redis, key) => {
    const flat = (await ask(redis, 'HGETALL', key)) as string[]
    return flat.flatMap((field, i) => (i % 2 === 0 ? [[field, flat[i + 1]!]] : [])).sort()
  },
  stream: async (redis, key) => {
    const info = pick(await ask(redis, 'XINFO', 'STREAM', key), [
      'length',
      'last-generated-id',
      'max-deleted-entry-id',
      'entries-added',
    ])
    const groups = (await ask(redis, 'XINFO', 'GROUPS', key)) as Reply[]
    const described: Reply[] = []
    for (const group of groups) {
      const name = pick(group, ['name'])[0] as string
      const consumers = (await ask(redis, 'XINFO', 'CONSUMERS', key, Buffer.from(name, 'latin1'))) as Reply[]
      const pending = (await ask(redis, 'XPENDING', key, Buffer.from(name, 'latin1'), '-', '+', '100000')) as Reply[][]
      described.push([
        group,
        consumers.map((consumer) => pick(consumer, ['name', 'pending'])),
        // How long ago it was delivered changes while one looks.
        pending.map(([id, consumer, , count]) => [id!, consumer!, count!]),
      ])
    }
    return [info, described, await ask(redis, 'XRANGE', key, '-', '+')]
  },
}

function pick(flat: Reply, names: readonly string[]): Reply[] {
  const items = flat as Reply[]
  return names.map((name) => items[items.indexOf(name) + 1]!)
}

async function ask(redis: Redis, ...argv: readonly (string | Buffer)[]): Promise<Reply> {
  const [command, ...args] = argv
  return toText(await redis.callBuffer(command as string, args))
}

function toText(reply: unknown): Reply {
  if (Buffer.isBuffer(reply)) return reply.toString('latin1')
  if (Array.isArray(reply)) return reply.map(toText)
  return reply as string | number | null
}
