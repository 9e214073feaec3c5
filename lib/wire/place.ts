/**
 * The position of something in a value: a chain of places up to the root, with a path for people
 * (`args[0].when`) and one for annotations (`0.when`). Only containers have places; paths are
 * created on demand, which is rare.
 */

/** An array or object in the JSON that is being written. */
export interface Place {
  /** The place around it; none: it is the root. */
  readonly parent: Place | undefined
  /** Its key in the JSON of `parent`. */
  readonly key: string
  readonly kind: 'array' | 'object' | 'set' | 'map' | 'entry' | 'error' | 'fields' | 'leaf' | 'typed' | 'handle'
  /** Levels of JSON or annotations, whichever nests deeper, up to and with this place. */
  readonly depth: number
  /** The name of the key of a map entry, for people. */
  readonly label?: string
}

/** The annotation path of a key in a place, from the root, or from the value in `top` if that is given. */
export function annotationPath(place: Place, key: string, top: Place | undefined): string {
  let path = escapeSegment(key)
  for (let at = place; at.parent !== undefined && at.parent !== top; at = at.parent)
    path = `${escapeSegment(at.key)}.${path}`
  return path
}

/** A longer path is shortened in the middle. */
const LONGEST_PATH = 500

/** The path of a key for people; `root` is the name of the whole value. */
export function shownPath(place: Place, key: string, root: string): string {
  return shortened(wholePath(place, key, root))
}

function shortened(path: string): string {
  if (path.length <= LONGEST_PATH) return path
  return `${path.slice(0, LONGEST_PATH / 2)}…${path.slice(-LONGEST_PATH / 2)}`
}

function wholePath(place: Place, key: string, root: string): string {
  const base = place.parent === undefined ? root : wholePath(place.parent, place.key, root)
  switch (place.kind) {
    case 'array':
      return `${base}[${key}]`
    case 'set':
      return `${base}.values()[${key}]`
    case 'map':
    case 'typed':
      return base
    case 'entry':
      return key === '0' ? `${base}.keys()[${place.key}]` : `${base}.${place.label}`
    case 'error':
      return key === 'fields' ? base : memberPath(base, key)
    default:
      return memberPath(base, key)
  }
}

/** The name of a map entry for people: its key if that is short, otherwise its number. */
export function entryLabel(key: unknown, index: number): string {
  if (typeof key === 'string') return `get(${shownKey(key)})`
  return typeof key === 'number' || typeof key === 'boolean' ? `get(${key})` : `values()[${index}]`
}

/** `base.key`, or `base["odd key"]`. */
export function memberPath(base: string, key: string): string {
  if (/^[A-Za-z_$][\w$]{0,59}$/.test(key)) return base === '' ? key : `${base}.${key}`
  return `${base}[${shownKey(key)}]`
}

/** Quotes a key and truncates it if it is long, because paths appear in messages. */
function shownKey(key: string): string {
  return JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key)
}

/** One segment of an annotation path, as superjson writes it. */
export function escapeSegment(key: string): string {
  return key.includes('\\') || key.includes('.') ? key.replaceAll('\\', '\\\\').replaceAll('.', '\\.') : key
}

/** The segments of an annotation path; undefined when it is not one. */
export function splitPath(path: string): string[] | undefined {
  if (!path.includes('\\')) return path.split('.')
  const segments: string[] = []
  let segment = ''
  for (let i = 0; i < path.length; i++) {
    const char = path[i]
    if (char === '.') {
      segments.push(segment)
      segment = ''
    } else if (char === '\\') {
      const escaped = path[++i]
      if (escaped !== '\\' && escaped !== '.') return undefined
      segment += escaped
    } else {
      segment += char
    }
  }
  segments.push(segment)
  return segments
}

/** The path for people of the place in JSON to which nested annotation paths lead. */
export function jsonPath(root: string, paths: readonly string[]): string {
  return keysPath(
    root,
    paths.flatMap((path) => splitPath(path) as string[]),
  )
}

/** The path for people that these keys lead to. */
export function keysPath(root: string, keys: readonly string[]): string {
  const path = keys.reduce((base, key) => (/^\d+$/.test(key) ? `${base}[${key}]` : memberPath(base, key)), root)
  return shortened(path)
}
