/** Whether something throws nothing. */
export function passes(check: () => void): boolean {
  try {
    check()
  } catch {
    return false
  }
  return true
}

/** Throws what strict code throws when a Proxy or `Reflect` refuses. */
export function refuse(done: boolean): void {
  if (!done) throw new TypeError('refused')
}
