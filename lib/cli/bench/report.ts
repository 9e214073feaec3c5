import type { Latencies, Tally } from './tally.ts'

/** What was measured, and of what. */
export interface Measured {
  readonly service: string
  readonly method: string
  readonly inFlight: number
  readonly elapsedMs: number
  readonly tally: Tally
}

/** For people. */
export function reportLines(measured: Measured): string[] {
  const { tally, inFlight, elapsedMs } = measured
  const { succeeded, failed, latencies, errors } = tally
  const lines = [
    `calls/s  ${rate(measured)} (${succeeded} in ${(elapsedMs / 1_000).toFixed(2)} s, ${inFlight} in flight)`,
  ]
  if (latencies !== undefined) lines.push(`latency  ${latencyText(latencies)}`)
  if (failed > 0) lines.push(`failed   ${failed}: ${errors.map(({ code, count }) => `${count} ${code}`).join(', ')}`)
  return lines
}

/** For programs: one line of JSON. */
export function reportJson(measured: Measured): string {
  const { service, method, inFlight, elapsedMs, tally } = measured
  const { succeeded, failed, latencies, errors } = tally
  return JSON.stringify({
    service,
    method,
    inFlight,
    seconds: Math.round(elapsedMs) / 1_000,
    succeeded,
    failed,
    callsPerSecond: rate(measured),
    latencyMs: latencies ?? null,
    errors,
  })
}

/** Of the calls that succeeded. */
function rate({ tally, elapsedMs }: Measured): number {
  if (tally.succeeded === 0) return 0
  const perSecond = (tally.succeeded * 1_000) / elapsedMs
  return perSecond < 100 ? Math.round(perSecond * 100) / 100 : Math.round(perSecond)
}

function latencyText(latencies: Latencies): string {
  return Object.entries(latencies)
    .map(([name, ms]) => `${name} ${(ms as number).toFixed(2)} ms`)
    .join(', ')
}
