import { ErrorReply } from '../resp/value.ts'
import type { Log } from '../telemetry/log.ts'

/** Records internal errors. */
interface FaultRecord {
  readonly stats: { unexpectedErrors: number }
  readonly log: Log
}

/**
 * Converts a thrown value to a reply. An internal error must neither end the process nor leave the
 * client without a reply.
 * @param what - what failed, for the log
 */
export function errorReply({ stats, log }: FaultRecord, what: string, error: unknown): ErrorReply {
  if (error instanceof ErrorReply) return error
  stats.unexpectedErrors++
  log('warning', `${what} failed: ${error instanceof Error ? error.stack : String(error)}`)
  return new ErrorReply('ERR internal error')
}
