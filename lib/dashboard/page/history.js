// What the page has seen so far, for its charts. It is gone when the page is left.

/** How many points of one service are kept: ten minutes, at one every two seconds. */
const MOST_POINTS = 300
/** Of how many services. */
const MOST_SERVICES = 200

/** @typedef {{ at: number, calls: number | null, errors: number | null, p50: number | null, p99: number | null, waiting: number, running: number }} Point */

/** @type {Map<string, Point[]>} */
const histories = new Map()

/**
 * What goes on in a service now; a quantile is missing where no call ended.
 * @typedef {{ callsPerSecond: number, errorsPerSecond: number, p50Ms?: number, p99Ms?: number }} Live
 */

/** @param {string} service @param {{ waiting: number, running?: number, live?: Live }} seen */
export function note(service, { waiting, running = 0, live }) {
  const points = histories.get(service) ?? []
  if (!histories.has(service)) {
    if (histories.size >= MOST_SERVICES) histories.delete(histories.keys().next().value ?? '')
    histories.set(service, points)
  }
  points.push({
    at: Date.now() / 1_000,
    calls: live?.callsPerSecond ?? null,
    errors: live?.errorsPerSecond ?? null,
    p50: live?.p50Ms ?? null,
    p99: live?.p99Ms ?? null,
    waiting,
    running,
  })
  if (points.length > MOST_POINTS) points.shift()
}

/** @param {string} service @returns {readonly Point[]} */
export function historyOf(service) {
  return histories.get(service) ?? []
}
