/** In MB, after the garbage was collected. Needs `--expose-gc`. */
export function heapMb(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1_048_576
}
