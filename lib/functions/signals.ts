/**
 * What runs on a signal of the process. All share one listener: from the eleventh on Node warns of a leak, and a process may
 * have any number of servers.
 */
const waiting = new Map<NodeJS.Signals, Set<() => void>>()

/**
 * Runs something on the first of some signals of the process. From then on the next one has its usual effect, so that
 * whoever is tired of waiting can end the process with a second.
 *
 * @returns stops listening
 */
export function onSignals(signals: readonly NodeJS.Signals[], run: () => void): () => void {
  const stop = (): void => {
    for (const signal of signals) remove(signal, take)
  }
  const take = (): void => {
    stop()
    run()
  }
  for (const signal of signals) add(signal, take)
  return stop
}

function add(signal: NodeJS.Signals, run: () => void): void {
  const group = waiting.get(signal)
  if (group !== undefined) {
    group.add(run)
    return
  }
  waiting.set(signal, new Set([run]))
  process.on(signal, fire)
}

function remove(signal: NodeJS.Signals, run: () => void): void {
  const group = waiting.get(signal)
  if (group === undefined || !group.delete(run) || group.size > 0) return
  waiting.delete(signal)
  process.removeListener(signal, fire)
}

function fire(signal: NodeJS.Signals): void {
  for (const run of waiting.get(signal) ?? []) run()
}
