import { getSystemErrorMap } from 'node:util'

/**
 * The message of the operating system for an error, in the words of C's `strerror`: `No space left
 * on device`.
 */
export function systemMessage(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  const text = (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? String(message)
  return text.charAt(0).toUpperCase() + text.slice(1)
}
