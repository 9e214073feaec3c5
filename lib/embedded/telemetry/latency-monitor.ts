/** One event that took longer than `latency-monitor-threshold`. */
export interface LatencySample {
  /** In seconds since 1970. */
  readonly at: number
  readonly milliseconds: number
}

/** The number of samples kept for each event; only the worst in each second is kept. */
const SAMPLES = 160

/** Recent slow events (LATENCY). */
export class LatencyMonitor {
  readonly #events = new Map<string, { samples: LatencySample[]; worst: number }>()

  add(event: string, milliseconds: number, nowMs: number): void {
    const at = Math.floor(nowMs / 1000)
    const series = this.#events.get(event) ?? { samples: [], worst: 0 }
    this.#events.set(event, series)
    series.worst = Math.max(series.worst, milliseconds)
    const last = series.samples.at(-1)
    if (last?.at === at) {
      series.samples[series.samples.length - 1] = { at, milliseconds: Math.max(last.milliseconds, milliseconds) }
      return
    }
    series.samples.push({ at, milliseconds })
    if (series.samples.length > SAMPLES) series.samples.shift()
  }

  history(event: string): readonly LatencySample[] {
    return this.#events.get(event)?.samples ?? []
  }

  /** The last sample of each event, and the worst ever. */
  *latest(): Generator<LatencySample & { readonly event: string; readonly worst: number }> {
    for (const [event, { samples, worst }] of this.#events) yield { event, ...samples.at(-1)!, worst }
  }

  /** Removes the samples of these events, or of all; returns how many events there were. */
  reset(events: readonly string[]): number {
    const named = events.length === 0 ? [...this.#events.keys()] : events
    return named.filter((event) => this.#events.delete(event)).length
  }
}
