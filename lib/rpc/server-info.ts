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
    running,
    waiting,
  } = value as Partial<Record<keyof ServerInfo, unknown>>
  const areTexts = [id, host, version].every((text) => typeof text === 'string')
  const areNumbers = [pid, started, running, waiting].every((number) => typeof number === 'number')
  if (!areTexts || !areNumbers || !areNames(methods) || !areNames(repeatable)) return undefined
  return { id, host, pid, started, version, methods, repeatable, running, waiting } as ServerInfo
}

function areNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}
