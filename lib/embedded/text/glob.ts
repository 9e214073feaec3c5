const STAR = 42
const QUESTION = 63
const OPEN = 91
const CLOSE = 93
const BACKSLASH = 92
const CARET = 94
const DASH = 45

/**
 * Whether text matches a glob pattern of Redis: `*`, `?`, `[abc]`, `[^a-c]`, `\x`. Its details
 * differ from shell globs (an unclosed class ends with the pattern) and are the same here as in
 * Redis.
 *
 * A `*` remembers one position to return to, so that a hostile pattern such as `a*a*a*…b` costs its
 * length times the text's, not a power of it.
 */
export function matchGlob(pattern: string, text: string, ignoreCase = false): boolean {
  const p = ignoreCase ? pattern.toLowerCase() : pattern
  const t = ignoreCase ? text.toLowerCase() : text
  let pi = 0
  let ti = 0
  let starAt = -1
  let starText = 0
  while (ti < t.length || pi < p.length) {
    if (pi < p.length) {
      if (p.charCodeAt(pi) === STAR) {
        starAt = pi++
        starText = ti
        continue
      }
      if (ti < t.length) {
        const end = matchOne(p, pi, t.charCodeAt(ti))
        if (end !== -1) {
          pi = end
          ti++
          continue
        }
      }
    }
    if (starAt === -1 || starText >= t.length) return false
    ti = ++starText
    pi = starAt + 1
  }
  return true
}

/** Matches one character with the pattern at `pi`; returns where the pattern continues, or -1. */
function matchOne(p: string, pi: number, char: number): number {
  const mark = p.charCodeAt(pi)
  if (mark === QUESTION) return pi + 1
  if (mark === OPEN) return matchClass(p, pi + 1, char)
  if (mark === BACKSLASH && pi + 1 < p.length) return p.charCodeAt(pi + 1) === char ? pi + 2 : -1
  return mark === char ? pi + 1 : -1
}

function matchClass(p: string, start: number, char: number): number {
  let pi = start
  const not = p.charCodeAt(pi) === CARET
  if (not) pi++
  let found = false
  for (;;) {
    if (pi >= p.length) break
    const mark = p.charCodeAt(pi)
    if (mark === BACKSLASH && pi + 1 < p.length) {
      pi++
      if (p.charCodeAt(pi) === char) found = true
    } else if (mark === CLOSE) {
      pi++
      break
    } else if (p.charCodeAt(pi + 1) === DASH && pi + 2 < p.length) {
      const low = Math.min(mark, p.charCodeAt(pi + 2))
      const high = Math.max(mark, p.charCodeAt(pi + 2))
      pi += 2
      if (char >= low && char <= high) found = true
    } else if (mark === char) found = true
    pi++
  }
  return found === not ? -1 : pi
}
