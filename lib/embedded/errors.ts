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
 * What Redis says of a command, `client|id` for a subcommand, called with too few or too many
 * arguments.
 */
export function wrongArity(fullName: string): ErrorReply {
  return new ErrorReply(`ERR wrong number of arguments for '${fullName}' command`)
}

/** What a container says of a subcommand whose arguments make no sense to it. */
export function subcommandArity(container: string, subcommand: string): ErrorReply {
  return new ErrorReply(
    `ERR unknown subcommand or wrong number of arguments for '${subcommand.slice(0, 128)}'. Try ${container} HELP.`,
  )
}
