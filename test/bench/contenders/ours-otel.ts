import { AggregationTemporality, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { otel } from 'redis-object-rpc/otel'
import type { Contender, Target } from '../contender.ts'
import { ours } from './ours.ts'

/** Sends nothing anywhere. */
const nowhere = {
  export: (_batch: unknown, done: (result: { code: number }) => void): void => done({ code: 0 }),
  forceFlush: async (): Promise<void> => {},
  shutdown: async (): Promise<void> => {},
  selectAggregationTemporality: (): AggregationTemporality => AggregationTemporality.CUMULATIVE,
}

/** The SDK as it is usually set up: every call is sampled, spans leave in batches, metrics once a minute. */
function traced() {
  const tracerProvider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(nowhere)] })
  tracerProvider.register()
  const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: nowhere })] })
  return {
    use: [otel({ tracerProvider, meterProvider })],
    async shutdown() {
      await tracerProvider.shutdown()
      await meterProvider.shutdown()
    },
  }
}

/** This library with OpenTelemetry at both ends. */
export const oursOtel: Contender = {
  ...ours,
  async serve(url, list, target) {
    const { use, shutdown } = traced()
    const server = new RedisRPCServer(url, list, target, { use })
    await server.start()
    return {
      async close() {
        await server.close()
        await shutdown()
      },
    }
  },
  async connect(url, list) {
    const { use, shutdown } = traced()
    const client = new RedisRPCClient<Target>(url, list, { use })
    await control(client).ping()
    return {
      call: (value) => client.echo(value),
      async close() {
        await control(client).close()
        await shutdown()
      },
    }
  },
}
