/**
 * Where in a value something is: a chain of places up to the root, told for people (`args[0].when`) and for annotations
 * (`0.when`). Only containers have places; the text is made when it is needed, which is seldom.
 */

/** An array or object of the JSON that is being written, and what it stands for. */
export interface Place {
  /** The place around it; none: it is the root. */
  readonly parent: Place | undefined
  /** Its key in the JSON of `parent`. */
  readonly key: string
  readonly kind: 'array' | 'object' | 'set' | 'map' | 'entry' | 'error' | 'fields' | 'leaf' | 'typed' | 'handle'
  /** Levels of JSON or annotations, whichever nests deeper, up to and with this place. */
  readonly depth: number
  /** What the key of a map's entry is called, for people. */
  readonly label?: string
}

/** The annotation path of a key in a place, from the root, or from the value in `top` if that is given. */
export function annotationPath(place: Place, key: string, top: Place | undefined): string {
  let path = escapeSegment(key)
  for (let at = place; at.parent !== undefined && at.parent !== top; at = at.parent)
    path = `${escapeSegment(at.key)}.${path}`
  return path
}

/** A path longer than this is cut in its middle. */
const LONGEST_PATH = 500

/** What people call a key in a place; `root` is the name of the whole value. */
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

/** What people call the entry of a map: by its key, where that is short, else by its number. */
export function entryLabel(key: unknown, index: number): string {
  if (typeof key === 'string') return `get(${shownKey(key)})`
  return typeof key === 'number' || typeof key === 'boolean' ? `get(${key})` : `values()[${index}]`
}

/** `base.key`, or `base["odd key"]`. */
export function memberPath(base: string, key: string): string {
  if (/^[A-Za-z_$][\w$]{0,59}$/.test(key)) return base === '' ? key : `${base}.${key}`
  return `${base}[${shownKey(key)}]`
}

/** Quoted, and cut when it is long: paths end up in messages. */
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

/** What people call the place in JSON that annotation paths lead to, one below the other. */
export function jsonPath(root: string, paths: readonly string[]): string {
  const segments = paths.flatMap((path) => splitPath(path) ?? [path])
  const path = segments.reduce(
    (base, segment) => (/^\d+$/.test(segment) ? `${base}[${segment}]` : memberPath(base, segment)),
    root,
  )
  return shortened(path)
}
