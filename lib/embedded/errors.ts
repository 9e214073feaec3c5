import { ErrorReply } from './resp/value.ts'

/** Error texts that many commands share, as Redis words them. */
export const SYNTAX_ERROR: ErrorReply = new ErrorReply('ERR syntax error')
export const WRONG_TYPE: ErrorReply = new ErrorReply(
  'WRONGTYPE Operation against a key holding the wrong kind of value',
)
export const NOT_AN_INTEGER: ErrorReply = new ErrorReply('ERR value is not an integer or out of range')
export const NOT_A_FLOAT: ErrorReply = new ErrorReply('ERR value is not a valid float')
export const OUT_OF_RANGE: ErrorReply = new ErrorReply('ERR value is out of range')
export const NO_SUCH_KEY: ErrorReply = new ErrorReply('ERR no such key')
export const INDEX_OUT_OF_RANGE: ErrorReply = new ErrorReply('ERR index out of range')

/**
 * The error for a command with too few or too many arguments; a subcommand is given as `client|id`.
 */
export function wrongArity(fullName: string): ErrorReply {
  return new ErrorReply(`ERR wrong number of arguments for '${fullName}' command`)
}

/** The error of a container for a subcommand with invalid arguments. */
export function subcommandArity(container: string, subcommand: string): ErrorReply {
  return new ErrorReply(
    `ERR unknown subcommand or wrong number of arguments for '${subcommand.slice(0, 128)}'. Try ${container} HELP.`,
  )
}
