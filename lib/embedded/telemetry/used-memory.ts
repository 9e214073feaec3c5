import { memoryUsage } from 'node:process'

/**
 * The bytes in use in Node's heap and in buffers outside it, for the whole process.
 */
export function usedMemory(): number {
  const { heapUsed, external } = memoryUsage()
  return heapUsed + external
}
