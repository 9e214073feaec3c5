import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import type { Dayjs } from 'dayjs'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { FunctionClient, FunctionServer } from '../../lib/functions/index.ts'
import { control, RedisRPCClient, RedisRPCServer, SerializationError, type ValueType } from '../../lib/index.ts'
import { ReadQueue, WriteQueue } from '../../lib/ipc/index.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** The modules on the page that export descriptions, by the title they stand under. */
async function recipes(folder: string): Promise<Record<string, readonly ValueType[]>> {
  const page = await readFile(join(ROOT, 'docs/types.md'), 'utf8')
  const found: Record<string, readonly ValueType[]> = {}
  for (const [, title = '', code = ''] of page.matchAll(/^## (.+)\n\n```ts\n([\s\S]*?)^```$/gm)) {
    const file = join(folder, `${Object.keys(found).length}.ts`)
    await writeFile(file, code)
    const exported = (await import(pathToFileURL(file).href)) as Record<string, ValueType | readonly ValueType[]>
    found[title] = Object.values(exported).flat()
  }
  return found
}

type Sample = readonly [value: unknown, text: (value: never) => string]

/** Values of each recipe, and a text that tells them apart. The libraries are those that the recipes import, and not the CommonJS ones. */
async function samples(): Promise<Readonly<Record<string, readonly Sample[]>>> {
  const [{ Decimal }, { ObjectId }, { default: dayjs }, { Temporal }] = await Promise.all([
    import('decimal.js'),
    import('bson'),
    import('dayjs'),
    import('temporal-polyfill'),
  ])
  const zoned = Temporal.ZonedDateTime.from('2026-03-01T10:00[Europe/Berlin][u-ca=gregory]')
  return {
    'decimal.js': ['0.1', '-0', 'NaN', '-Infinity', `1.${'23'.repeat(50)}`, '1e9000'].map((text) => [
      new Decimal(text),
      (there: unknown) => `${there instanceof Decimal} ${(there as object).valueOf()}`,
    ]),
    'ObjectId of MongoDB': [[new ObjectId(), (there: unknown) => `${there instanceof ObjectId} ${there}`]],
    'Day.js': [dayjs(1e12 + 1), dayjs(Number.NaN)].map((value) => [
      value,
      (there: Dayjs) => `${dayjs.isDayjs(there)} ${there.valueOf()}`,
    ]),
    Temporal: [
      Temporal.Instant.from('2026-01-01T00:00:00.123456789Z'),
      zoned,
      zoned.toPlainDateTime(),
      zoned.toPlainDate(),
      zoned.toPlainTime(),
      zoned.toPlainDate().toPlainYearMonth(),
      zoned.toPlainDate().toPlainMonthDay(),
      Temporal.Duration.from({ months: -1, nanoseconds: -5 }),
    ].map((value) => [value, (there: object) => `${there instanceof value.constructor} ${there}`]),
  }
}

/** The first example of the page. */
const query: ValueType<URLSearchParams, string> = {
  name: 'URLSearchParams',
  is: (value) => value instanceof URLSearchParams,
  encode: String,
  decode: (text) => new URLSearchParams(text),
}

interface Echo {
  echo(value: unknown): unknown
}

describe('the page about types of other libraries', () => {
  it('has recipes that carry their values through a call, at any depth', async () => {
    const folder = await mkdtemp(join(ROOT, 'test/docs/types-page-'))
    await using redis = await EmbeddedRedis.start({ port: 0 })
    try {
      const found = await recipes(folder)
      const values = await samples()
      expect(Object.keys(found)).to.deep.equal(Object.keys(values))
      const types = Object.values(found).flat()
      await using server = new RedisRPCServer(redis.url, 'echo', { echo: (value: unknown) => value }, { types })
      await server.start()
      const client = new RedisRPCClient<Echo>(redis.url, 'echo', { types })
      for (const [value, text] of Object.values(values).flat()) {
        const there = (await client.echo({ deep: [new Map([[value, new Set([value])]])], value })) as {
          deep: [Map<unknown, Set<unknown>>]
          value: unknown
        }
        expect(text(there.value as never)).to.equal(text(value as never))
        const [[key, members]] = [...there.deep[0]] as [[unknown, Set<unknown>]]
        expect(key).to.equal(there.value)
        expect([...members]).to.deep.equal([there.value])
      }
      await control(client).close()
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('has an option that functions and queues have too, and says where a value stands that is refused', async () => {
    await using redis = await EmbeddedRedis.start({ port: 0 })
    const options = { types: [query] }
    await using server = new FunctionServer(redis.url, { find: () => [new URLSearchParams('a=1')] }, options)
    await server.start()
    await using caller = new FunctionClient(redis.url, options)
    const [found] = (await caller.call('find', {})) as [URLSearchParams]
    expect(found).to.be.instanceOf(URLSearchParams)
    expect(String(found)).to.equal('a=1')

    await using writer = new WriteQueue<Map<string, URLSearchParams>>(redis.url, 'jobs', options)
    await using reader = new ReadQueue<Map<string, URLSearchParams>>(redis.url, 'jobs', options)
    await writer.publish(new Map([['q', new URLSearchParams('b=2')]]))
    expect(String((await reader.bNext())?.content.get('q'))).to.equal('b=2')

    const refusing = { ...query, decode: () => expect.fail('it is not for me') }
    await using picky = new RedisRPCServer(redis.url, 'picky', { take: () => {} }, { types: [refusing] })
    await picky.start()
    const client = new RedisRPCClient<{ take(by: object): void }>(redis.url, 'picky', options)
    const error = await client.take({ by: [new URLSearchParams()] }).catch((caught: unknown) => caught)
    expect(error).to.be.instanceOf(SerializationError)
    expect((error as SerializationError).path).to.equal('args[0].by[0]')
    await control(client).close()
  })
})
