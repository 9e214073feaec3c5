/**
 * The two ways to say where in a value something is: for people (`args[0].when`), and for annotations (`0.when`).
 */

const LONGEST_KEY = 60

/** `base.key`, or `base["odd key"]`; a very long key is cut, since paths end up in messages. */
export function memberPath(base: string, key: string): string {
  if (/^[A-Za-z_$][\w$]*$/.test(key) && key.length <= LONGEST_KEY) return base === '' ? key : `${base}.${key}`
  return `${base}[${JSON.stringify(key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}…` : key)}]`
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
