/**
 * Callbacks for process signals. They share one listener per signal, because Node warns of a leak
 * from the eleventh listener on, and a process may have any number of servers.
 */
const waiting = new Map<NodeJS.Signals, Set<() => void>>()

/**
 * Runs a callback on the first of some process signals. After that, signals have their usual effect
 * again, so that a second one ends the process.
 *
 * @returns a function that stops listening
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
