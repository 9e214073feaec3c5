import { memoryUsage } from 'node:process'

/**
 * The bytes of Node's heap, and of buffers outside it, that are in use: those of the whole process.
 */
export function usedMemory(): number {
  const { heapUsed, external } = memoryUsage()
  return heapUsed + external
}
