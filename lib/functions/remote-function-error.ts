import { RemoteError } from '../errors.ts'
import { travelAs } from '../wire/classes.ts'

/**
 * Matches the name of an error class. The text before a colon may also be something else, so its
 * form and length are limited.
 */
const NAME = /^([A-Z][\w$]{0,99}(?:\.[A-Z][\w$]{0,99})*)(?:: ([\s\S]*))?$/

/**
 * The remote function threw. If `err` begins with the name of an error class, as the Python
 * original and this library write it, `name` is that name and `message` the rest; otherwise
 * `message` is all of `err`.
 */
export class RemoteFunctionError extends RemoteError {
  /** The function. */
  readonly function: string
  /** The text that the other end sent: `KeyError: 'unknown-key'`. */
  readonly err: string
  /**
   * The remote stack as text: a Python traceback or a JavaScript stack; undefined if none was sent.
   */
  readonly traceback: string | undefined

  constructor(functionName: string, err: string, traceback?: string) {
    const [, name, message] = NAME.exec(err) ?? []
    super(name === undefined ? err : (message ?? ''))
    if (name !== undefined) this.name = name
    this.function = functionName
    this.err = err
    this.traceback = traceback
    const frames = (this.stack ?? '').slice((this.stack ?? '').search(/^\s+at /m))
    const far = traceback === undefined ? '' : `\n    --- far side ---\n${traceback.trimEnd()}`
    // Rebuilt, because the captured stack begins with the base class's name.
    const stack = `${this.name}: ${this.message}\n${frames}${far}`
    Object.defineProperty(this, 'stack', { value: stack, enumerable: false, writable: true, configurable: true })
  }
}

// The main entry point does not load this class.
travelAs(RemoteFunctionError, RemoteError)
