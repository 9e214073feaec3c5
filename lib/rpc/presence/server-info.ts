import { isRecord } from '../../util/is-object.ts'

/** One server of a service, as it describes itself. */
export interface ServerInfo {
  /** 12 characters; a server that is started again gets a new one. */
  readonly id: string
  readonly host: string
  readonly pid: number
  /** When it was started, in ms since 1970 on its machine's clock. */
  readonly started: number
  /** The option `version`; empty if not set. */
  readonly version: string
  /** The names that may be called. */
  readonly methods: readonly string[]
  /** Those among them that may run more than once, according to the option `methods`. */
  readonly repeatable: readonly string[]
  /** JSON Schemas by method name, for methods whose schemas can be converted. */
  readonly shapes: Readonly<Record<string, { readonly args?: object; readonly result?: object }>>
  /** Calls that are running. */
  readonly running: number
  /** Calls that it has taken from the list and not begun yet. */
  readonly waiting: number
}

/** Reads a server's description of itself; undefined if it is invalid. */
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
  const areNumbers = [pid, started, running, waiting].every(Number.isFinite)
  if (!areTexts || !areNumbers || !areNames(methods) || !areNames(repeatable)) return undefined
  const info = { id, host, pid, started, version, methods, repeatable, shapes: readShapes(shapes), running, waiting }
  return info as ServerInfo
}

function areNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

/** A server without valid schemas has no shapes. */
function readShapes(value: unknown): ServerInfo['shapes'] {
  const shapes = isRecord(value) ? Object.entries(value) : []
  return Object.fromEntries(shapes.filter((entry): entry is [string, object] => isRecord(entry[1])))
}
