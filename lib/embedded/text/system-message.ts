import { getSystemErrorMap } from 'node:util'

/** What the operating system says of a failure, as C's `strerror` words it: `No space left on device`. */
export function systemMessage(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  const text = (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? String(message)
  return text.charAt(0).toUpperCase() + text.slice(1)
}
