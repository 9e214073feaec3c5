import { RemoteError } from '../errors.ts'
import { travelAs } from '../wire/classes.ts'

/** Longest text taken as the name of an error's class; what stands before a colon may also be anything else. */
const NAME = /^([A-Z][\w$]{0,99}(?:\.[A-Z][\w$]{0,99})*)(?:: ([\s\S]*))?$/

/**
 * The far function threw. `name` is the class of what it threw and `message` its message, where `err` begins with a name as
 * the Python original's and ours do; otherwise `message` is all of `err`.
 */
export class RemoteFunctionError extends RemoteError {
  /** The function. */
  readonly function: string
  /** What the far end sent: `KeyError: 'unknown-key'`. */
  readonly err: string
  /** The far stack as text: Python's traceback, a JavaScript stack; undefined where none was sent. */
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
    // Made anew: the one that was captured begins with the base class's name.
    const stack = `${this.name}: ${this.message}\n${frames}${far}`
    Object.defineProperty(this, 'stack', { value: stack, enumerable: false, writable: true, configurable: true })
  }
}

// The entry point of the object RPC does not load this class.
travelAs(RemoteFunctionError, RemoteError)
