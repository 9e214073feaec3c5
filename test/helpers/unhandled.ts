/** Runs something meanwhile, and collects the rejections that nobody handles; mocha would fail the test. */
export async function collectUnhandled(run: (unhandled: readonly unknown[]) => Promise<void>): Promise<void> {
  const unhandled: unknown[] = []
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (reason) => unhandled.push(reason))
  try {
    await run(unhandled)
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
  }
}
