import { Session } from 'node:inspector/promises'
import { relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = resolve(import.meta.dirname, '../..')

/** Functions that were called, as `file function`. */
export type CalledFunctions = ReadonlySet<string>

/**
 * The functions of this repository that are called while `run` runs, as V8 counts them. It resets the counters of the
 * process, so run it in a process of its own.
 */
export async function calledFunctions(run: () => Promise<void>): Promise<CalledFunctions> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
    await run()
    const { result } = await session.post('Profiler.takePreciseCoverage')
    const called = new Set<string>()
    for (const { url, functions } of result) {
      if (!url.startsWith('file:')) continue
      const file = relative(ROOT, fileURLToPath(url)).split(sep).join('/')
      for (const { functionName, ranges } of functions) {
        if (ranges[0]!.count > 0) called.add(`${file} ${functionName}`)
      }
    }
    return called
  } finally {
    session.disconnect()
  }
}
