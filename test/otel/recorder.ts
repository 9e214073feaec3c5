import { context, propagation, type SpanKind, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { expect } from 'chai'

/** What a suite has recorded: the SDK is set up for all of it, and empty for each test. */
export class Recorder {
  readonly tracerProvider: NodeTracerProvider
  readonly meterProvider: MeterProvider
  readonly #spans = new InMemorySpanExporter()
  readonly #metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  readonly #reader: PeriodicExportingMetricReader

  /** Installs the hooks. */
  constructor() {
    const reader = new PeriodicExportingMetricReader({ exporter: this.#metrics, exportIntervalMillis: 1_000_000 })
    this.tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.#spans)] })
    this.#reader = reader
    this.meterProvider = new MeterProvider({ readers: [reader] })
    before(() => this.tracerProvider.register())
    beforeEach(() => this.#spans.reset())
    after(async () => {
      await Promise.all([this.tracerProvider.shutdown(), this.meterProvider.shutdown()])
      trace.disable()
      context.disable()
      propagation.disable()
    })
  }

  /** Spans that have ended. */
  spans(name: string, kind: SpanKind): ReadableSpan[] {
    return this.#spans.getFinishedSpans().filter((span) => span.name === name && span.kind === kind)
  }

  one(name: string, kind: SpanKind): ReadableSpan {
    const found = this.spans(name, kind)
    expect(found, `${name} of kind ${kind}`).to.have.length(1)
    return found[0]!
  }

  async metric(name: string): Promise<MetricData> {
    this.#metrics.reset()
    await this.#reader.forceFlush()
    const scopes = this.#metrics.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)
    return scopes.flatMap(({ metrics }) => metrics).find(({ descriptor }) => descriptor.name === name)!
  }
}

/** The id of the span that is a span's parent; undefined: it has none. */
export function parentOf(span: ReadableSpan): string | undefined {
  return span.parentSpanContext?.spanId
}

export function idOf(span: ReadableSpan): string {
  return span.spanContext().spanId
}
