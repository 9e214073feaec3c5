export type Labels = Readonly<Record<string, string>>

/** A value of a metric. */
export interface Sample {
  /** What the name of the sample adds to that of the metric. */
  readonly suffix: string
  readonly labels: Labels
  readonly value: number
}

export function sample(suffix: string, labels: Labels, value: number): Sample {
  return { suffix, labels, value }
}

/**
 * Formats a metric for Prometheus.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ suffix, labels, value }) => `${name}${suffix}{${labelText(labels)}} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')
}

/** Names of services, methods, queues, streams and groups may contain any characters. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
