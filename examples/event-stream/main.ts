/** One stream of events, read from now on, from the beginning, and by a group. On an embedded Redis or on `REDIS_URL`. */
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { GroupReadStream, ReadStream, WriteStream } from 'redis-object-rpc/ipc'

interface Price {
  readonly item: string
  readonly cents: number
}

const embedded = process.env.REDIS_URL === undefined ? await EmbeddedRedis.start({ port: 0 }) : undefined
const REDIS_URL = process.env.REDIS_URL ?? (embedded?.url as string)

const prices = new WriteStream<Price>(REDIS_URL, 'prices', { maxEvents: 10_000 })
await prices.publish({ item: 'tea', cents: 250 })

const now = new ReadStream<Price>(REDIS_URL, 'prices')
await now.open() // what is published from here on will be read
await prices.publish({ item: 'tea', cents: 260 })
await prices.publish({ item: 'milk', cents: 120 })
for await (const { content } of now) {
  console.log(`from now on: ${content.item} ${content.cents}`)
  if (content.item === 'milk') break
}

const all = new ReadStream<Price>(REDIS_URL, 'prices', { from: '0' })
console.log(`there are ${await all.len()}, the last is ${(await all.last())?.content.item}`)
for (let event = await all.bNext(); event !== undefined; event = await all.bNext({ timeoutMs: 20 })) {
  console.log(`from the beginning: ${event.content.item} ${event.content.cents}`)
}

const group = new GroupReadStream<Price>(REDIS_URL, 'prices', 'billing', { from: '0' })
const stop = new AbortController()
await group.process(
  (event) => {
    console.log(`billing: ${event.content.item} ${event.content.cents}, attempt ${event.attempt}`)
    if (event.content.item === 'milk' && event.attempt === 1) throw new Error('try again')
    if (event.attempt === 2) stop.abort()
  },
  { signal: stop.signal, retryDelayMs: 20 },
)

await Promise.all([prices, now, all, group].map((each) => each.close()))
await embedded?.close()
