import { type Attributes, SpanKind } from '@opentelemetry/api'
import type { MiddlewareCall, MiddlewareMessage } from '../index.ts'

/** Who makes spans and histograms, and the system that they speak of. */
export const NAME = 'redis-object-rpc'

/** What OpenTelemetry's conventions make of a call, a task or an event. */
export interface Described {
  /** The span's. */
  readonly name: string
  readonly kind: SpanKind
  /** Of the span and of the histogram. */
  readonly attributes: Attributes
  /** Of the span alone: each value would be a time series of its own. */
  readonly ofSpan: Attributes
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
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/ and
 * https://opentelemetry.io/docs/specs/semconv/messaging/
 */
export function described(call: MiddlewareCall): Described {
  return call.message === undefined ? describedCall(call) : describedMessage(call, call.message)
}

function describedCall({ service, method, direction }: MiddlewareCall): Described {
  const name = `${service}/${method}`
  const attributes = { 'rpc.system.name': NAME, 'rpc.method': name }
  return direction === 'outgoing'
    ? { name, kind: SpanKind.CLIENT, attributes, ofSpan: {}, histogram: 'rpc.client.call.duration' }
    : { name, kind: SpanKind.SERVER, attributes, ofSpan: {}, histogram: 'rpc.server.call.duration' }
}

function describedMessage({ service, method, direction }: MiddlewareCall, { id, group }: MiddlewareMessage): Described {
  const isOutgoing = direction === 'outgoing'
  return {
    name: `${method} ${service}`,
    kind: isOutgoing ? SpanKind.PRODUCER : SpanKind.CONSUMER,
    attributes: {
      'messaging.system': NAME,
      'messaging.operation.name': method,
      'messaging.operation.type': isOutgoing ? 'send' : 'process',
      'messaging.destination.name': service,
      ...(group !== undefined && { 'messaging.consumer.group.name': group }),
    },
    ofSpan: idOfMessage(id),
    histogram: isOutgoing ? 'messaging.client.operation.duration' : 'messaging.process.duration',
  }
}

/** @param id undefined: it is not known yet */
export function idOfMessage(id: unknown): Attributes {
  return typeof id === 'string' ? { 'messaging.message.id': id } : {}
}
