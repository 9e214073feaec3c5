import { isError, nameAndMessage } from './error-record.ts'
import { exceptionText } from './exception-text.ts'

const UNREADABLE = 'what was thrown cannot be read'

/** What a user's code threw, in words. It throws anything, and this is where nobody catches: it does not throw. */
export function thrownText(thrown: unknown): string {
  try {
    if (!isError(thrown)) return String(thrown)
    const { name, message } = nameAndMessage(thrown)
    return exceptionText(name, message)
  } catch {
    return UNREADABLE
  }
}

/** What a user's code threw, as an error. It does not throw either. */
export function thrownError(thrown: unknown): Error {
  try {
    if (isError(thrown)) return thrown
  } catch {
    // A proxy that was revoked: not even its prototype can be asked for.
  }
  return new Error(thrownText(thrown))
}
