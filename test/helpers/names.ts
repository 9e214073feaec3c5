const tag = Math.random().toString(36).slice(2, 8)
let used = 0

/** A name no other test uses, so that suites can share a Redis. */
export function freshName(base: string): string {
  return `${base}-${process.pid}-${++used}-${tag}`
}

/** Whether a key or the like has a {@link freshName} of this process in it. */
export function isFreshName(text: string): boolean {
  return text.includes(tag)
}
