import {
  type Attributes,
  type Context,
  context,
  type Histogram,
  type MeterProvider,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { isRpcError, MethodNotFoundError } from '../errors.ts'
import type { Middleware, MiddlewareCall } from '../index.ts'
import { elapsedMs } from '../util/timers.ts'
import { observedStream } from './observed-stream.ts'

/** Options of {@link otel}. */
export interface OtelOptions {
  /** Who makes the spans. @defaultValue the global one */
  readonly tracerProvider?: TracerProvider
  /** Who makes the histograms. @defaultValue the global one */
  readonly meterProvider?: MeterProvider
  /** Attributes of every span, such as `server.address` and `server.port` of Redis. @defaultValue none */
  readonly attributes?: Attributes
}

const NAME = 'redis-object-rpc'
/** A name that the server does not expose must not become a time series of its own. */
const OTHER = '_OTHER'
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/**
 * Middleware that traces and measures calls with OpenTelemetry, at both ends: a span for each call, whose context travels with it, and the
 * histograms `rpc.client.call.duration` and `rpc.server.call.duration`. See `docs/observability.md`.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/
 *
 * @example
 * ```ts
 * import { RedisRPC } from 'redis-object-rpc'
 * import { otel } from 'redis-object-rpc/otel'
 *
 * const rpc = new RedisRPC('redis://localhost', { use: [otel()] })
 * ```
 */
export function otel(options: OtelOptions = {}): Middleware {
  const { tracerProvider = trace, meterProvider, attributes } = options
  const tracer = tracerProvider.getTracer(NAME)
  const client = durations('rpc.client.call.duration', meterProvider)
  const server = durations('rpc.server.call.duration', meterProvider)

  return ({ call, next }) => {
    const isClient = call.direction === 'outgoing'
    const parent = isClient ? context.active() : propagation.extract(context.active(), call.metadata)
    const method = `${call.service}/${call.method}`
    const kind = isClient ? SpanKind.CLIENT : SpanKind.SERVER
    const named = { 'rpc.system.name': NAME, 'rpc.method': method }
    const span = tracer.startSpan(method, { kind, attributes: { ...attributes, ...named } }, parent)
    const inside = trace.setSpan(parent, span)
    if (isClient) propagation.inject(inside, call.metadata)
    const measured = new MeasuredCall(call, span, isClient ? client : server, inside)
    return context.with(inside, next).then(
      (result) => measured.answered(result),
      (error: unknown) => {
        measured.end(error, true)
        throw error
      },
    )
  }
}

/** Made when it is first used: the global provider may be set later than the middleware is made. */
function durations(name: string, provider: MeterProvider | undefined): () => Histogram {
  let histogram: Histogram | undefined
  return () => {
    histogram ??= (provider ?? metrics).getMeter(NAME).createHistogram(name, {
      unit: 's',
      description: 'How long calls take.',
      advice: { explicitBucketBoundaries: BOUNDS },
    })
    return histogram
  }
}

/** A call under way. */
class MeasuredCall {
  readonly #call: MiddlewareCall
  readonly #span: Span
  readonly #histogram: () => Histogram
  readonly #context: Context
  readonly #began = elapsedMs()
  #hasEnded = false

  constructor(call: MiddlewareCall, span: Span, histogram: () => Histogram, inside: Context) {
    this.#call = call
    this.#span = span
    this.#histogram = histogram
    this.#context = inside
  }

  /** The span of a stream ends with the stream. */
  answered(result: unknown): unknown {
    const stream = observedStream(this.#call.kind === 'stream' ? result : undefined, (error) =>
      this.end(error, error !== undefined),
    )
    if (stream !== undefined) return stream
    this.end(undefined, false)
    return result
  }

  end(error: unknown, hasFailed: boolean): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    const { service, method, direction } = this.#call
    const attributes: Attributes = { 'rpc.system.name': NAME, 'rpc.method': `${service}/${method}` }
    if (hasFailed) {
      if (direction === 'incoming' && error instanceof MethodNotFoundError && error.method === method) {
        attributes['rpc.method'] = OTHER
        this.#span.updateName(OTHER)
        this.#span.setAttributes({ 'rpc.method': OTHER, 'rpc.method_original': `${service}/${method}` })
      }
      attributes['error.type'] = typeOf(error)
      this.#span.setAttribute('error.type', typeOf(error))
      if (isRpcError(error)) this.#span.setAttribute('rpc.status_code', error.code)
      if (error instanceof Error) this.#span.recordException(error)
      this.#span.setStatus({ code: SpanStatusCode.ERROR, ...(error instanceof Error && { message: error.message }) })
    }
    this.#span.end()
    this.#histogram().record((elapsedMs() - this.#began) / 1_000, attributes, this.#context)
  }
}

/** A low number of values: codes of this library, and names of classes. */
function typeOf(error: unknown): string {
  if (isRpcError(error)) return error.code
  return error instanceof Error ? error.name : typeof error
}
