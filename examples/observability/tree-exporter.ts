import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node'

/** Keeps spans, and prints each trace as a tree. A real one sends them to Jaeger, Tempo or the like. */
export class TreeExporter implements SpanExporter {
  readonly #spans: ReadableSpan[] = []

  export(spans: ReadableSpan[], done: (result: { code: number }) => void): void {
    this.#spans.push(...spans)
    done({ code: 0 })
  }

  async shutdown(): Promise<void> {}

  print(parent?: string, indent = ''): void {
    const children = this.#spans.filter((span) => span.parentSpanContext?.spanId === parent)
    for (const span of children.toSorted((a, b) => (isEarlier(a, b) ? -1 : 1))) {
      const failed = span.status.code === SpanStatusCode.ERROR ? `, ${span.attributes['error.type']}` : ''
      console.log(`${indent}${span.name} (${SpanKind[span.kind].toLowerCase()}${failed})`)
      this.print(span.spanContext().spanId, `${indent}  `)
    }
  }
}

function isEarlier({ startTime: [a, b] }: ReadableSpan, { startTime: [c, d] }: ReadableSpan): boolean {
  return a < c || (a === c && b < d)
}
