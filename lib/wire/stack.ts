/**
 * The stack of an error from afar: where the call was made here, and below it where the error was made there.
 */
import { inherited } from './classes.ts'

/** Separates the frames of this end from those of the other end. */
const BORDER = '    --- far side ---'

/**
 * Gives an error a joined stack, and returns it. The stack is put together when it is first read:
 * most errors are caught by somebody who looks at their class only.
 * @param top - frames down to this function's are left out.
 */
export function joinStack(error: Error, top: (...args: never[]) => unknown): Error {
  const far = frames(inherited(error, 'stack'))
  const local: { stack?: unknown } = {}
  Error.captureStackTrace(local, top)
  const set = (value: unknown): void => {
    Object.defineProperty(error, 'stack', { value, enumerable: false, writable: true, configurable: true })
  }
  const get = (): string => {
    const stack = `${header(error)}${frames(local.stack)}${far === '' ? '' : `\n${BORDER}${far}`}`
    set(stack)
    return stack
  }
  Object.defineProperty(error, 'stack', { get, set, enumerable: false, configurable: true })
  return error
}

/** The first line. A class of the user's may have getters for these; they are not called. */
function header(error: Error): string {
  if (error instanceof DOMException) return `${error.name}: ${error.message}`
  return `${inherited(error, 'name')}: ${inherited(error, 'message')}`
}

/** The lines of a stack with positions, each after a line break. */
function frames(stack: unknown): string {
  if (typeof stack !== 'string') return ''
  const start = stack.search(/\n\s+at /)
  return start === -1 ? '' : stack.slice(start)
}
