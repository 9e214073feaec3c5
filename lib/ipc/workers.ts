import type { Clock } from '../util/clock.ts'
import type { Demand } from './demand.ts'
import { withinTime } from './within-time.ts'
import { Worker, type WorkerOptions } from './worker.ts'

/** The workers of a reader: one for each call of its `process` that has not ended. */
export class Workers<T> {
  readonly #demand: Demand<T>
  readonly #workers = new Set<Worker<T>>()

  /** @param demand where they take from */
  constructor(demand: Demand<T>) {
    this.#demand = demand
  }

  /** Runs one more; resolves once it was stopped and what ran has ended. @throws what {@link Worker.run} throws */
  async run(options: WorkerOptions<T>): Promise<void> {
    const worker = new Worker<T>(options)
    this.#workers.add(worker)
    try {
      await worker.run(this.#demand)
    } finally {
      this.#workers.delete(worker)
    }
  }

  /** They take no more. */
  stop(): void {
    for (const worker of this.#workers) worker.stop()
  }

  /** Waits for what runs, but no longer than `limitMs`; what runs then is abandoned. */
  async finish(clock: Clock, limitMs: number): Promise<void> {
    await withinTime(clock, limitMs, Promise.all([...this.#workers].map((worker) => worker.idle())))
    for (const worker of this.#workers) worker.abandon()
  }
}
