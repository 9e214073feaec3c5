/** Counts how often each call was run. */
export class Counter {
  readonly runs: Map<number, number> = new Map()
  run(id: number): number {
    this.runs.set(id, (this.runs.get(id) ?? 0) + 1)
    return id * 2
  }
  get repeated(): number[] {
    return [...this.runs].filter(([, times]) => times > 1).map(([id]) => id)
  }
}
