/** A task queue, reduced to what is measured. */
export interface QueueContender {
  /** Publishes tasks with that content, `together` at a time, and waits for each such lot. */
  fill(url: string, name: string, count: number, together: number): Promise<Sample>
  /** Handles that many tasks, up to `concurrency` at a time, with a handler that does nothing. */
  drain(url: string, name: string, count: number, concurrency: number): Promise<Sample>
}

/** What the tasks took that were measured. */
export interface Sample {
  readonly tasks: number
  readonly ms: number
  /** CPU time of this process. */
  readonly cpuUs: number
}

/** A task of about 100 bytes. */
export const CONTENT: { readonly id: number; readonly text: string } = { id: 1, text: 'x'.repeat(70) }

/** The first tasks are not measured: a process that runs for a second has spent half of it on compiling itself. */
const WARM_UP = 0.3

/** Runs some work that tells of each task, and says what it took once it was warm. */
export async function sample(count: number, work: (tick: () => void) => Promise<unknown>): Promise<Sample> {
  const warm = Math.floor(count * WARM_UP)
  let done = 0
  let cpu = process.cpuUsage()
  let begun = process.hrtime.bigint()
  await work(() => {
    if (++done !== warm) return
    cpu = process.cpuUsage()
    begun = process.hrtime.bigint()
  })
  const ms = Number(process.hrtime.bigint() - begun) / 1e6
  const { user, system } = process.cpuUsage(cpu)
  return { tasks: count - warm, ms, cpuUs: user + system }
}

/** Publishes a lot after the other. */
export async function inLots(
  count: number,
  together: number,
  tick: () => void,
  lot: (size: number) => Promise<unknown>,
): Promise<void> {
  for (let left = count; left > 0; left -= together) {
    const size = Math.min(together, left)
    await lot(size)
    for (let i = 0; i < size; i++) tick()
  }
}
