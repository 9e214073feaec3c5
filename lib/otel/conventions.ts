import { type Attributes, SpanKind } from '@opentelemetry/api'
import type { MiddlewareCall, MiddlewareMessage } from '../index.ts'

/** Who makes spans and histograms, and the system that they speak of. */
export const NAME = 'redis-object-rpc'

/** What OpenTelemetry's conventions make of a call, a task or an event. */
export interface Described {
  /** The span's. */
  readonly name: string
  readonly kind: SpanKind
  /** The histogram's. */
  readonly attributes: Readonly<Attributes>
  /** The span's: also those of which each value would be a time series of its own. */
  readonly ofSpan: Readonly<Attributes>
  readonly histogram: HistogramName
}

/** What is measured, in seconds. */
export const HISTOGRAMS = {
  'rpc.client.call.duration': 'How long calls take.',
  'rpc.server.call.duration': 'How long calls take.',
  'messaging.client.operation.duration': 'How long publishing takes.',
  'messaging.process.duration': 'How long handlers take.',
} as const

export type HistogramName = keyof typeof HISTOGRAMS

/**
 * How many methods are described once and for all: names that a caller makes up must not fill the
 * memory.
 */
const MOST_METHODS = 1_000
/** How many characters such a name has at most: the names of unknown methods may be as long as a message. */
const LONGEST_NAME = 256

/**
 * Describes calls, tasks and events.
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/ and
 * https://opentelemetry.io/docs/specs/semconv/messaging/
 */
export class Conventions {
  readonly #common: Attributes
  readonly #methods = { outgoing: new Map<string, Described>(), incoming: new Map<string, Described>() }

  /** @param common the attributes of every span */
  constructor(common: Attributes) {
    this.#common = common
  }

  described(call: MiddlewareCall): Described {
    return call.message === undefined ? this.#call(call) : this.#message(call, call.message)
  }

  #call({ service, method, direction }: MiddlewareCall): Described {
    const name = `${service}/${method}`
    const methods = this.#methods[direction]
    const known = methods.get(name)
    if (known !== undefined) return known
    const attributes = Object.freeze({ 'rpc.system.name': NAME, 'rpc.method': name })
    const ofSpan = Object.freeze({ ...this.#common, ...attributes })
    const described: Described =
      direction === 'outgoing'
        ? { name, kind: SpanKind.CLIENT, attributes, ofSpan, histogram: 'rpc.client.call.duration' }
        : { name, kind: SpanKind.SERVER, attributes, ofSpan, histogram: 'rpc.server.call.duration' }
    if (methods.size < MOST_METHODS && name.length <= LONGEST_NAME) methods.set(name, described)
    return described
  }

  #message({ service, method, direction }: MiddlewareCall, { id, group }: MiddlewareMessage): Described {
    const isOutgoing = direction === 'outgoing'
    const attributes = {
      'messaging.system': NAME,
      'messaging.operation.name': method,
      'messaging.operation.type': isOutgoing ? 'send' : 'process',
      'messaging.destination.name': service,
      ...(group !== undefined && { 'messaging.consumer.group.name': group }),
    }
    return {
      name: `${method} ${service}`,
      kind: isOutgoing ? SpanKind.PRODUCER : SpanKind.CONSUMER,
      attributes,
      ofSpan: { ...this.#common, ...attributes, ...idOfMessage(id) },
      histogram: isOutgoing ? 'messaging.client.operation.duration' : 'messaging.process.duration',
    }
  }
}

/** @param id undefined: it is not known yet */
export function idOfMessage(id: unknown): Attributes {
  return typeof id === 'string' ? { 'messaging.message.id': id } : {}
}
