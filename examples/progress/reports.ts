import { setTimeout as sleep } from 'node:timers/promises'

/** Long jobs. They know nothing of Redis: they take a function to report to, and a signal to stop at. */
export class Reports {
  async build(pages: number, progress: (percent: number) => unknown, signal?: AbortSignal): Promise<string> {
    for (let page = 1; page <= pages; page++) {
      await sleep(5, undefined, { signal })
      // Awaited, so the job is never ahead of whoever watches it.
      await progress((100 * page) / pages)
    }
    return `a report of ${pages} pages`
  }
}
