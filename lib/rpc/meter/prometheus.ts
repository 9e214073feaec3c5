import { family, type Labels, type Sample, sample } from './exposition.ts'
import { LATENCY_BOUNDS_MS, type MethodReport, type ServerReport } from './server-report.ts'

/** The reports of one service's servers. */
export interface ServiceReports {
  readonly service: string
  readonly reports: readonly ServerReport[]
  /** How many calls wait in the service's list; omitted if unknown. */
  readonly waiting?: number
  /** How long the oldest of them has waited, in ms; undefined: unknown, or none waits. */
  readonly oldestMs?: number | undefined
}

/** The measurements of one server for one method, with their names. */
interface Measured {
  readonly labels: Labels
  readonly method: MethodReport
}

/**
 * Formats reports for Prometheus. The histogram has the name and bounds that OpenTelemetry defines.
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/
 */
export function prometheusText(services: readonly ServiceReports[]): string {
  const measured = services.flatMap(({ service, reports }) => reports.flatMap((report) => measuredBy(service, report)))
  const families = [
    family('redis_object_rpc_server_calls_total', 'counter', 'Calls that have ended, with a value or an error.', [
      ...measured.map(({ labels, method }) => sample('', labels, method.calls)),
    ]),
    family('redis_object_rpc_server_errors_total', 'counter', 'Calls that ended with an error.', [
      ...measured.map(({ labels, method }) => sample('', labels, method.errors)),
    ]),
    family('redis_object_rpc_server_running', 'gauge', 'Calls that run now.', [
      ...measured.map(({ labels, method }) => sample('', labels, method.running)),
    ]),
    family(
      'rpc_server_call_duration_seconds',
      'histogram',
      'How long calls took, from the start of the method to its answer.',
      measured.flatMap(durations),
    ),
    family('redis_object_rpc_server_start_time_seconds', 'gauge', 'When the server was started, since 1970.', [
      ...services.flatMap(({ service, reports }) =>
        reports.map(({ id, started }) => sample('', { service, server: id }, started / 1_000)),
      ),
    ]),
  ]
  const waiting = services.flatMap(({ service, waiting: calls }) =>
    calls === undefined ? [] : [sample('', { service }, calls)],
  )
  const oldest = services.flatMap(({ service, waiting: calls, oldestMs = calls === 0 ? 0 : undefined }) =>
    oldestMs === undefined ? [] : [sample('', { service }, oldestMs / 1_000)],
  )
  if (waiting.length > 0)
    families.push(
      family('redis_object_rpc_waiting_calls', 'gauge', "Calls that wait on the service's list.", waiting),
      family('redis_object_rpc_oldest_call_seconds', 'gauge', 'How long the oldest of them has waited.', oldest),
    )
  return families.join('')
}

function measuredBy(service: string, { id, methods }: ServerReport): Measured[] {
  return Object.entries(methods).map(([name, method]) => ({ labels: { service, method: name, server: id }, method }))
}

function durations({ labels, method: { latency } }: Measured): Sample[] {
  const bounds = [...LATENCY_BOUNDS_MS.map((bound) => String(bound / 1_000)), '+Inf']
  return [
    ...bounds.map((le, index) => sample('_bucket', { ...labels, le }, latency.buckets[index] as number)),
    sample('_sum', labels, latency.sumMs / 1_000),
    sample('_count', labels, latency.count),
  ]
}
