let used = 0

/** A name no other test uses, so that suites can share a Redis. */
export function freshName(base: string): string {
  return `${base}-${process.pid}-${++used}-${Math.random().toString(36).slice(2, 8)}`
}
