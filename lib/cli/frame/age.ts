const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
]

/**
 * For how long the first of some things that wait has waited: an {@link age}, `unknown`, or `-` if none
 * waits.
 */
export function oldestAge({
  waiting,
  oldestMs,
}: {
  readonly waiting: number
  readonly oldestMs: number | undefined
}): string {
  if (oldestMs !== undefined) return age(oldestMs)
  return waiting === 0 ? '-' : 'unknown'
}

/** How long something takes or lasts, in its largest unit: `3 d`, `12 s`, `250 ms`. */
export function age(ms: number): string {
  if (!Number.isFinite(ms)) return '-'
  const [size, name] = UNITS.find(([each]) => ms >= each) ?? [1, 'ms']
  return `${Math.max(0, Math.floor(ms / size))} ${name}`
}
