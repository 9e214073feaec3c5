/**
 * Runs something on the first of some signals of the process. From then on the next one has its usual effect, so that
 * whoever is tired of waiting can end the process with a second.
 *
 * @returns stops listening
 */
export function onSignals(signals: readonly NodeJS.Signals[], run: () => void): () => void {
  const stop = (): void => {
    for (const signal of signals) process.removeListener(signal, take)
  }
  const take = (): void => {
    stop()
    run()
  }
  for (const signal of signals) process.on(signal, take)
  return stop
}
