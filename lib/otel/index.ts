import {
  type Attributes,
  type Context,
  context,
  diag,
  type Histogram,
  type MeterProvider,
  metrics,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  type TextMapSetter,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { isRpcError, MethodNotFoundError } from '../errors.ts'
import type { Middleware, MiddlewareCall } from '../index.ts'
import { setDispensable } from '../util/dispensable.ts'
import { elapsedMs } from '../util/timers.ts'
import { Conventions, type Described, HISTOGRAMS, type HistogramName, idOfMessage, NAME } from './conventions.ts'
import { observedStream } from './observed-stream.ts'

/** Options of {@link otel}. */
export interface OtelOptions {
  /** The provider of spans. @defaultValue the global one */
  readonly tracerProvider?: TracerProvider
  /** The provider of histograms. @defaultValue the global one */
  readonly meterProvider?: MeterProvider
  /** Attributes of every span, such as `server.address` and `server.port` of Redis. @defaultValue none */
  readonly attributes?: Attributes
}

/** Names that the server does not expose must not become separate time series. */
const OTHER = '_OTHER'
/** Tracing must not make a call fail, so its context is left out of metadata that is full. */
const IF_IT_FITS: TextMapSetter<Record<string, string>> = { set: setDispensable }
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/**
 * Middleware that traces and measures with OpenTelemetry, at both ends: a span for each call, for
 * each task or event that is published, and for each handler that runs on one, whose context
 * travels with it; and histograms of how long they take. See `docs/observability.md`.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/
 *
 * @example
 * ```ts
 * import { RedisRPC } from 'redis-object-rpc'
 * import { WriteQueue } from 'redis-object-rpc/ipc'
 * import { otel } from 'redis-object-rpc/otel'
 *
 * const use = [otel()]
 * const rpc = new RedisRPC('redis://localhost', { use })
 * const jobs = new WriteQueue('redis://localhost', 'jobs', { use })
 * ```
 */
export function otel(options: OtelOptions = {}): Middleware {
  const { tracerProvider = trace, meterProvider, attributes } = options
  const tracer = tracerProvider.getTracer(NAME)
  const histograms = new Histograms(meterProvider)
  const conventions = new Conventions({ ...attributes })

  return ({ call, next }) => {
    const measured = start(call)
    if (measured === undefined) return next()
    return context.with(measured.context, next).then(
      (result) => measured.answered(result),
      (error: unknown) => {
        measured.end(error, true)
        throw error
      },
    )
  }

  /** Undefined: the SDK fails. */
  function start(call: MiddlewareCall): MeasuredCall | undefined {
    try {
      const about = conventions.described(call)
      const isOutgoing = call.direction === 'outgoing'
      // What comes in has the parent that it brings, or none: whatever is active here when it arrives
      // has nothing to do with it.
      const parent = isOutgoing ? context.active() : propagation.extract(ROOT_CONTEXT, call.metadata)
      const { name, kind, ofSpan } = about
      const span = tracer.startSpan(name, { kind, attributes: ofSpan }, parent)
      const inside = trace.setSpan(parent, span)
      if (isOutgoing) propagation.inject(inside, call.metadata, IF_IT_FITS)
      return new MeasuredCall(call, about, span, histograms, inside)
    } catch (error) {
      reportFailure(error)
      return undefined
    }
  }
}

/** An SDK that fails, such as a processor or a propagator that throws, must not make calls fail. */
function reportFailure(error: unknown): void {
  diag.warn('redis-object-rpc could not trace or measure a call', error)
}

/** Made when they are first used: the global provider may be set later than the middleware is made. */
class Histograms {
  readonly #provider: MeterProvider | undefined
  readonly #made = new Map<HistogramName, Histogram>()

  constructor(provider: MeterProvider | undefined) {
    this.#provider = provider
  }

  get(name: HistogramName): Histogram {
    let histogram = this.#made.get(name)
    if (histogram === undefined) {
      histogram = (this.#provider ?? metrics).getMeter(NAME).createHistogram(name, {
        unit: 's',
        description: HISTOGRAMS[name],
        advice: { explicitBucketBoundaries: BOUNDS },
      })
      this.#made.set(name, histogram)
    }
    return histogram
  }
}

/**
 * A call under way, or what is published or handled. There is one for each, so it uses `private`
 * fields, which are set at once, while `#private` ones are added one by one.
 */
class MeasuredCall {
  private readonly call: MiddlewareCall
  private readonly about: Described
  private readonly span: Span
  private readonly histograms: Histograms
  readonly context: Context
  private readonly began = elapsedMs()
  private hasEnded = false

  constructor(call: MiddlewareCall, about: Described, span: Span, histograms: Histograms, inside: Context) {
    this.call = call
    this.about = about
    this.span = span
    this.histograms = histograms
    this.context = inside
  }

  /** The span of a stream ends with the stream. */
  answered(result: unknown): unknown {
    const stream = observedStream(this.call.kind === 'stream' ? result : undefined, (error) =>
      this.end(error, error !== undefined),
    )
    if (stream !== undefined) return stream
    // Redis gives an event its id.
    this.end(undefined, false, this.call.kind === 'publish' ? idOfMessage(result) : undefined)
    return result
  }

  end(error: unknown, hasFailed: boolean, learned?: Attributes): void {
    if (this.hasEnded) return
    this.hasEnded = true
    try {
      this.record(error, hasFailed, learned)
    } catch (failure) {
      reportFailure(failure)
    }
  }

  private record(error: unknown, hasFailed: boolean, learned: Attributes | undefined): void {
    const { service, method, direction, message } = this.call
    let { attributes } = this.about
    if (learned !== undefined) this.span.setAttributes(learned)
    if (hasFailed) {
      const isCall = message === undefined
      if (isCall && direction === 'incoming' && error instanceof MethodNotFoundError && error.method === method) {
        attributes = { ...attributes, 'rpc.method': OTHER }
        this.span.updateName(OTHER)
        this.span.setAttributes({ 'rpc.method': OTHER, 'rpc.method_original': `${service}/${method}` })
      }
      attributes = { ...attributes, 'error.type': typeOf(error) }
      this.span.setAttribute('error.type', typeOf(error))
      if (isCall && isRpcError(error)) this.span.setAttribute('rpc.status_code', error.code)
      if (error instanceof Error) this.span.recordException(error)
      this.span.setStatus({ code: SpanStatusCode.ERROR, ...(error instanceof Error && { message: error.message }) })
    }
    this.span.end()
    const seconds = (elapsedMs() - this.began) / 1_000
    this.histograms.get(this.about.histogram).record(seconds, attributes, this.context)
  }
}

/** Has few distinct values: codes of this library and names of classes. */
function typeOf(error: unknown): string {
  if (isRpcError(error)) return error.code
  return error instanceof Error ? error.name : typeof error
}
