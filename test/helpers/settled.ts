/** How calls ended: what `value` says of a value, or the code of an error. */
export async function countEnds(
  calls: readonly Promise<unknown>[],
  value: (value: unknown, index: number) => string,
): Promise<Record<string, number>> {
  const ends: Record<string, number> = {}
  const outcomes = await Promise.allSettled(calls)
  for (const [index, outcome] of outcomes.entries()) {
    const end =
      outcome.status === 'fulfilled'
        ? value(outcome.value, index)
        : String((outcome.reason as { code?: unknown }).code ?? outcome.reason)
    ends[end] = (ends[end] ?? 0) + 1
  }
  return ends
}
