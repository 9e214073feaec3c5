/**
 * The text that stands for an error where nothing else is sent: ours, and those of the classic peers.
 */
import { RemoteError } from '../errors.ts'
import { define, setStack } from './error-record.ts'

/** `Name: message`; never empty. */
export function exceptionText(name: string, message: string): string {
  return message === '' ? name : `${name}: ${message}`
}

/** The same for a thrown value that is no error. */
export function valueText(value: unknown): string {
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

/** What peers make of an exception: its name first, then its message, which may be quoted. */
const FORMS: readonly RegExp[] = [
  // Python: ValueError('no such thing',)
  /^(?<name>[A-Za-z_][\w.]*)\((?:(?<quote>['"])(?<message>[\s\S]*)\k<quote>)?,?\)$/,
  // Ruby: #<NoMethodError: undefined method>
  /^#<(?<name>[A-Za-z_][\w:]*): (?<message>[\s\S]*)>$/,
  // Any: ZeroDivisionError: division by zero
  /^(?<name>(?:[A-Za-z_][\w.:\\]*)?(?:Error|Exception|Exit|Interrupt|Iteration|Warning))(?:: (?<message>[\s\S]*))?$/,
]

/**
 * The error behind the text of a classic peer, under its far name. The text itself stays in the field `exception`.
 * No text makes it a `TypeError` of this end: another language's may mean something else.
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

/** Undoes what Python's `repr` escapes in a string; an escape by number is left as it is. */
function unquote(literal: string): string {
  return literal.replace(/\\([\\'"nrt])/g, (_, char: string) => ESCAPES.get(char) ?? char)
}
