import type { ErrorReport, Inspector, MethodReport, ServerReport, ServiceDetail } from '../inspect/index.ts'
import type { Clock } from '../util/clock.ts'
import { type ArgumentsShape, argumentsShape } from './argument-fields.ts'
import { LONGEST_NAME, withShownNames } from './bounded.ts'
import { Figures, type LiveFigures } from './live-figures.ts'

/** How many services are asked for their figures with one look; the others follow with the next. */
const MOST_ASKED = 200
/** How many are asked at once. */
const ASKED_AT_ONCE = 8
/** How many services one view lists. */
const MOST_LISTED = 500
/** How many servers that do not answer, or have ended, are shown. */
const MOST_ABSENT = 50
/** How many errors of a service are shown. */
const MOST_ERRORS = 50

type ServerShown = Omit<ServiceDetail['servers'][number], 'report' | 'methods' | 'repeatable' | 'shapes'> & {
  readonly calls: number
  readonly errors: number
}

interface MethodTotals {
  name: string
  /** Whether {@link ServiceViews.arguments} knows something of its arguments. */
  hasShape: boolean
  calls: number
  errors: number
  running: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  maxMs: number
  lastError: MethodReport['lastError'] | undefined
}

interface Asked {
  readonly figures: Figures
  shown: { running: number; oldestMs: number | undefined; live: LiveFigures | undefined } | undefined
}

/** What the page shows of services. */
export class ServiceViews {
  readonly #inspector: Pick<Inspector, 'services' | 'service'>
  readonly #clock: Clock
  /** The services that were asked, the one that was asked longest ago first. */
  readonly #asked = new Map<string, Asked>()
  readonly #details = new Map<string, Figures>()

  constructor(inspector: Pick<Inspector, 'services' | 'service'>, clock: Clock) {
    this.#inspector = inspector
    this.#clock = clock
  }

  /** All services, with what goes on in each. @param match what their names contain */
  async list(match: string): Promise<object> {
    const { shown, hidden } = withShownNames(await this.#inspector.services())
    const names = new Set(shown.map(({ name }) => name))
    for (const name of this.#asked.keys()) if (!names.has(name)) this.#asked.delete(name)
    const wanted = match.toLowerCase()
    const matching = shown.filter(({ name }) => name.toLowerCase().includes(wanted))
    const listed = matching.slice(0, MOST_LISTED)
    await this.#ask(listed.map(({ name }) => name))
    return {
      total: shown.length,
      matching: matching.length,
      hidden,
      servers: shown.reduce((sum, { servers }) => sum + servers, 0),
      waiting: shown.reduce((sum, { waiting }) => sum + waiting, 0),
      services: listed.map((service) => ({ ...service, ...this.#asked.get(service.name)?.shown })),
    }
  }

  /** One service: its servers, methods and recent errors. */
  async detail(name: string): Promise<object> {
    const detail = await this.#inspector.service(name)
    const reports = reportsOf(detail)
    let figures = this.#details.get(name)
    if (figures === undefined) {
      if (this.#details.size >= MOST_ASKED) this.#details.delete(this.#details.keys().next().value ?? '')
      figures = new Figures()
      this.#details.set(name, figures)
    }
    return {
      name,
      waiting: detail.waiting,
      oldestMs: detail.oldestMs,
      running: runningOf(detail),
      live: figures.look(reports, this.#clock.now()),
      servers: detail.servers.map(shownServer),
      absent: detail.absent.slice(0, MOST_ABSENT),
      methods: methodTotals(detail),
      errors: latestErrors(reports),
    }
  }

  /** What the arguments of a method are, as the server knows it that was started last. */
  async arguments(service: string, method: string): Promise<ArgumentsShape> {
    const { servers } = await this.#inspector.service(service)
    const shapes = servers
      .toSorted((one, other) => other.started - one.started)
      .flatMap((server) => (Object.hasOwn(server.shapes, method) ? server.shapes[method]! : []))
    return argumentsShape(shapes.find(({ args }) => args !== undefined)?.args)
  }

  async #ask(names: readonly string[]): Promise<void> {
    const longestAgo = [...this.#asked.keys()].filter((name) => names.includes(name))
    const waiting = [...names.filter((name) => !this.#asked.has(name)), ...longestAgo].slice(0, MOST_ASKED)
    const askNext = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await this.#askOne(name)
    }
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, askNext))
  }

  async #askOne(name: string): Promise<void> {
    const asked: Asked = this.#asked.get(name) ?? { figures: new Figures(), shown: undefined }
    const detail = await this.#inspector.service(name)
    asked.shown = {
      running: runningOf(detail),
      oldestMs: detail.oldestMs,
      live: asked.figures.look(reportsOf(detail), this.#clock.now()),
    }
    this.#asked.delete(name)
    this.#asked.set(name, asked)
  }
}

function reportsOf({ servers }: ServiceDetail): ServerReport[] {
  return servers.flatMap(({ report }) => (report === undefined ? [] : [report]))
}

function runningOf({ servers }: ServiceDetail): number {
  return servers.reduce((sum, { running }) => sum + running, 0)
}

function shownServer(detail: ServiceDetail['servers'][number]): ServerShown {
  const { report, methods: _, repeatable: __, shapes: ___, ...server } = detail
  const methods = Object.values(report?.methods ?? {})
  return {
    ...server,
    calls: methods.reduce((sum, { calls }) => sum + calls, 0),
    errors: methods.reduce((sum, { errors }) => sum + errors, 0),
  }
}

/**
 * Each method that any server has, with what all servers say of it. Of quantiles the highest is
 * shown: it is the one to look into.
 */
function methodTotals({ servers }: ServiceDetail): MethodTotals[] {
  const all = new Map<string, MethodTotals>()
  const totalsOf = (name: string): MethodTotals => {
    const known = all.get(name)
    if (known !== undefined) return known
    const fresh = {
      name,
      hasShape: false,
      calls: 0,
      errors: 0,
      running: 0,
      p50Ms: 0,
      p95Ms: 0,
      p99Ms: 0,
      maxMs: 0,
      lastError: undefined,
    }
    all.set(name, fresh)
    return fresh
  }
  for (const { methods, report, shapes } of servers) {
    for (const name of methods) {
      if (name.length <= LONGEST_NAME) totalsOf(name).hasShape ||= Object.hasOwn(shapes, name)
    }
    for (const [name, method] of Object.entries(report?.methods ?? {})) {
      if (name.length <= LONGEST_NAME) addMethod(totalsOf(name), method)
    }
  }
  return [...all.values()]
}

function addMethod(totals: MethodTotals, { calls, errors, running, latency, lastError }: MethodReport): void {
  totals.calls += calls
  totals.errors += errors
  totals.running += running
  for (const quantile of ['p50Ms', 'p95Ms', 'p99Ms', 'maxMs'] as const)
    totals[quantile] = Math.max(totals[quantile], latency[quantile])
  if (lastError !== undefined && lastError.at > (totals.lastError?.at ?? 0)) totals.lastError = lastError
}

function latestErrors(reports: readonly ServerReport[]): (ErrorReport & { server: string })[] {
  const all = reports.flatMap(({ id, recentErrors }) => recentErrors.map((error) => ({ ...error, server: id })))
  return all.toSorted((one, other) => other.at - one.at).slice(0, MOST_ERRORS)
}
