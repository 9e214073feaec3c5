/** Two services and a queue in one trace, printed as a tree. On an embedded Redis or on `REDIS_URL`. */
import { trace } from '@opentelemetry/api'
import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { RedisRPC } from 'redis-object-rpc'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { ReadQueue, WriteQueue } from 'redis-object-rpc/ipc'
import { otel } from 'redis-object-rpc/otel'
import { TreeExporter } from './tree-exporter.ts'

interface Mail {
  readonly to: string
}

const exporter = new TreeExporter()
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
provider.register()
const tracer = trace.getTracer('example')

const embedded = process.env.REDIS_URL === undefined ? await EmbeddedRedis.start({ port: 0 }) : undefined
const redis = process.env.REDIS_URL ?? (embedded?.url as string)
const use = [otel()]
const rpc = new RedisRPC(redis, { use })
const mails = new WriteQueue<Mail>(redis, 'mails', { use })

class Stock {
  take(thing: string, count: number) {
    if (count > 5) throw new RangeError(`not enough ${thing}`)
    return count
  }
}
const stock = rpc.client<Stock>('stock')

class Shop {
  async order(thing: string, count: number) {
    await stock.take(thing, count)
    await mails.publish({ to: 'ann' })
  }
}

const stockServer = await rpc.serve('stock', new Stock())
await rpc.serve('shop', new Shop())
const shop = rpc.client<Shop>('shop')

await tracer.startActiveSpan('an order', async (span) => {
  await shop.order('tea', 2)
  await shop.order('tea', 9).catch((error) => console.log(`refused: ${error.message}`))
  span.end()
})

const inbox = new ReadQueue<Mail>(redis, 'mails', { use })
const sent = new AbortController()
await inbox.process(
  async ({ content }) => {
    console.log(`mail to ${content.to}`)
    sent.abort()
  },
  { signal: sent.signal },
)

exporter.print()
const { take } = stockServer.report().methods
console.log(`stock.take: ${take?.calls} calls, ${take?.errors} error`)
console.log(rpc.metrics().includes('rpc_server_call_duration_seconds_count{service="stock",method="take"'))

await Promise.all([inbox.close(), mails.close()])
await rpc.close()
await provider.shutdown()
await embedded?.close()
