import { getSystemErrorMap } from 'node:util'

/** An append-only file cannot be used: it is damaged elsewhere than at its end, or holds what this server does not know. */
export class AppendOnlyFileError extends Error {
  override readonly name = 'AppendOnlyFileError'
  /** The file. */
  readonly path: string
  /** Where in the file the trouble begins, in bytes. */
  readonly offset: number

  constructor(path: string, offset: number, problem: string) {
    super(`${path}: ${problem} at byte ${offset}`)
    this.path = path
    this.offset = offset
  }
}

/** What the operating system says of a failure, as C's `strerror` words it: `No space left on device`. */
export function systemMessage(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  const text = (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? String(message)
  return text.charAt(0).toUpperCase() + text.slice(1)
}
