/** One server of a service, as it describes itself. */
export interface ServerInfo {
  /** 12 characters; a server that is started again has another one. */
  readonly id: string
  readonly host: string
  readonly pid: number
  /** When it was started, in ms since 1970 on its machine's clock. */
  readonly started: number
  /** The option `version`; empty where there is none. */
  readonly version: string
  /** The names that may be called. */
  readonly methods: readonly string[]
  /** Those of them whose calls may run more than once, by the option `methods`. */
  readonly repeatable: readonly string[]
  /** JSON Schemas of those methods whose schemas can be written as such, by the names of the methods. */
  readonly shapes: Readonly<Record<string, { readonly args?: object; readonly result?: object }>>
  /** Calls that run. */
  readonly running: number
  /** Calls that it has taken from the list and not begun. */
  readonly waiting: number
}

/** Reads what a server says of itself; undefined when it is something else. */
export function readServerInfo(value: unknown): ServerInfo | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const {
    id,
    host,
    pid,
    started,
    version,
    methods,
    repeatable = [],
    shapes,
    running,
    waiting,
  } = value as Partial<Record<keyof ServerInfo, unknown>>
  const areTexts = [id, host, version].every((text) => typeof text === 'string')
  const areNumbers = [pid, started, running, waiting].every((number) => typeof number === 'number')
  if (!areTexts || !areNumbers || !areNames(methods) || !areNames(repeatable)) return undefined
  const info = { id, host, pid, started, version, methods, repeatable, shapes: readShapes(shapes), running, waiting }
  return info as ServerInfo
}

function areNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

/** Who has no schemas, or something else in their place, says nothing of the shapes of its methods. */
function readShapes(value: unknown): ServerInfo['shapes'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  const isShape = (shape: unknown): boolean => typeof shape === 'object' && shape !== null && !Array.isArray(shape)
  return Object.fromEntries(Object.entries(value).filter(([, shape]) => isShape(shape)))
}
