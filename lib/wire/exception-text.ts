/**
 * The text of an error if nothing else is sent: this library's format and those of the classic
 * peers.
 */
import { RemoteError } from '../errors.ts'
import { define, setStack } from './error-record.ts'

/** `Name: message`; never empty. */
export function exceptionText(name: string, message: string): string {
  return message === '' ? name : `${name}: ${message}`
}

/** The same for a thrown value that is not an error. */
export function nonErrorText(value: unknown): string {
  return exceptionText('NonError', preview(value))
}

const LONGEST_PREVIEW = 200

function preview(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.slice(0, LONGEST_PREVIEW))
    case 'object':
      return value === null ? 'null' : 'an object'
    case 'function':
      return 'a function'
    case 'bigint':
      return 'a bigint'
    default:
      return String(value)
  }
}

/**
 * The formats of exceptions in other languages: the name first, then the message, which may be
 * quoted.
 */
const FORMS: readonly RegExp[] = [
  // Python: ValueError('no such thing',)
  /^(?<name>[A-Za-z_][\w.]*)\((?:(?<quote>['"])(?<message>[\s\S]*)\k<quote>)?,?\)$/,
  // Ruby: #<NoMethodError: undefined method>
  /^#<(?<name>[A-Za-z_][\w:]*): (?<message>[\s\S]*)>$/,
  // Any: ZeroDivisionError: division by zero
  /^(?<name>(?:[A-Za-z_][\w.:\\]*)?(?:Error|Exception|Exit|Interrupt|Iteration|Warning))(?:: (?<message>[\s\S]*))?$/,
]

/**
 * The error for the text of a classic peer, with its original name. The text itself is in the field
 * `exception`. It never becomes a local `TypeError` or similar, because the name may mean something
 * else in another language.
 * @param backtrace - lines of the far stack, as Ruby sends them; anything else is ignored.
 */
export function errorFromText(exception: string, backtrace: unknown): RemoteError {
  const parts = FORMS.map((form) => form.exec(exception)?.groups).find((groups) => groups !== undefined)
  const message = parts === undefined ? exception : (parts.message ?? '')
  const error = new RemoteError(parts?.quote === undefined ? message : unquote(message))
  if (parts?.name !== undefined) error.name = parts.name
  define(error, 'exception', exception, true)
  const lines = Array.isArray(backtrace) ? backtrace.filter((line) => typeof line === 'string') : []
  setStack(error, lines.map((line) => `\n    at ${line}`).join(''))
  return error
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/** Undoes the escapes of Python's `repr` in a string; numeric escapes are kept. */
function unquote(literal: string): string {
  return literal.replace(/\\([\\'"nrt])/g, (_, char: string) => ESCAPES.get(char) ?? char)
}
