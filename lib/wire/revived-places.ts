import { ProtocolError } from '../errors.ts'
import { isObject, isRecord } from '../util/is-object.ts'
import { splitPath } from './place.ts'
import { shown } from './shown.ts'

/** What a path of `meta` may lead into. */
export type Container = unknown[] | Record<string, unknown>

/**
 * The places in parsed JSON that the paths of `meta` lead to, while parts of it are being replaced
 * by what they stand for: only own parts, and none in what the user or another end has made.
 */
export class RevivedPlaces {
  /** What a revived object is to be filled from: the JSON it was made of. */
  private readonly sources = new Map<object, Container>()
  private opaque: Set<unknown> | undefined

  /** An object has replaced its JSON, and is filled later: paths still lead into the JSON. */
  replaced(object: object, source: Container): void {
    this.sources.set(object, source)
  }

  /** No path leads into this value. */
  close(value: unknown): void {
    this.opaque ??= new Set()
    this.opaque.add(value)
  }

  /** The container and the own key that a path ends at. @throws ProtocolError */
  locate(from: unknown, path: string): { container: Record<string, unknown>; key: string } {
    const segments = splitPath(path)
    if (segments === undefined) throw malformed('path')
    let at = from
    for (let i = 0; ; i++) {
      const container = this.containerOf(at)
      const key = segments[i] as string
      if (container === undefined || !hasPart(container, key)) {
        throw new ProtocolError(`meta names a place that is not there: ${shown(path)}`)
      }
      if (i === segments.length - 1) return { container: container as Record<string, unknown>, key }
      at = (container as Record<string, unknown>)[key]
    }
  }

  private containerOf(value: unknown): Container | undefined {
    if (!isObject(value) || this.opaque?.has(value)) return undefined
    const source = this.sources.get(value)
    if (source !== undefined) return source
    return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype ? (value as Container) : undefined
  }
}

/** Whether a value is an object as `JSON.parse` makes it. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && Object.getPrototypeOf(value) === Object.prototype
}

function hasPart(container: Container, key: string): boolean {
  return Array.isArray(container)
    ? /^(?:0|[1-9]\d*)$/.test(key) && Number(key) < container.length
    : Object.hasOwn(container, key)
}

/** @param part what of `meta` is not as an end of ours writes it */
export function malformed(part: string): ProtocolError {
  return new ProtocolError(`meta is malformed: ${part}`)
}
