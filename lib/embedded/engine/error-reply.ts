import { ErrorReply } from '../resp/value.ts'
import type { Log } from '../telemetry/log.ts'

/** What takes note of faults. */
interface FaultRecord {
  readonly stats: { unexpectedErrors: number }
  readonly log: Log
}

/**
 * What was thrown, as a reply. A fault of ours must neither end the process nor leave the client without an answer.
 * @param what - what failed, for the log
 */
export function errorReply({ stats, log }: FaultRecord, what: string, error: unknown): ErrorReply {
  if (error instanceof ErrorReply) return error
  stats.unexpectedErrors++
  log('warning', `${what} failed: ${error instanceof Error ? error.stack : String(error)}`)
  return new ErrorReply('ERR internal error')
}
