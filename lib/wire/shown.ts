/** A part of a message for an error: short, whatever was sent. */
export function shown(value: unknown): string {
  const text = jsonOf(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** What was revived already may hold cycles and bigints, which JSON does not. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    return `a ${typeof value}`
  }
}
