import { isRpcError } from '../../errors.ts'
import { isRemote } from '../../wire/failure.ts'
import { EXIT_CODES, type ExitCode } from './exit-codes.ts'
import { oneLine } from './safe-text.ts'
import { UsageError } from './usage-error.ts'

/** How a command failed. */
export interface Failure {
  readonly exitCode: ExitCode
  readonly name: string
  readonly code: string | undefined
  /** What happened. */
  readonly message: string
  /** What to do about it, where that is known. */
  readonly hint: string | undefined
}

/** What to do about an error of this library, by code. */
const HINTS: Readonly<Record<string, string>> = {
  ERR_NO_SERVER: '"redis-object-rpc ls" lists the services',
  ERR_METHOD_NOT_FOUND: '"redis-object-rpc info SERVICE" lists the methods',
  ERR_TIMEOUT: '--timeout waits longer',
  ERR_MESSAGE_TOO_LARGE: 'the arguments or the result exceed the size limit of a message',
}

/** Describes anything that can be thrown. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof UsageError) return failure(thrown, EXIT_CODES.usage)
  if (isRemote(thrown)) {
    const far = failure(thrown, EXIT_CODES.failed)
    const isMissing = far.code === 'ERR_METHOD_NOT_FOUND'
    return isMissing ? { ...far, hint: HINTS.ERR_METHOD_NOT_FOUND } : { ...far, message: threw(far) }
  }
  if (!isRpcError(thrown)) return failure(thrown, EXIT_CODES.failed)
  switch (thrown.code) {
    case 'ERR_INVALID_OPTION':
      return failure(thrown, EXIT_CODES.usage)
    case 'ERR_CONNECTION':
      return failure(thrown, EXIT_CODES.noRedis, connectionHint(`${thrown.message} ${causeOf(thrown)}`))
    case 'ERR_NO_SERVER':
      return failure(thrown, EXIT_CODES.noServer, HINTS.ERR_NO_SERVER)
    default:
      return failure(thrown, EXIT_CODES.failed, HINTS[thrown.code])
  }
}

/** A failure as one line for people. */
export function failureLine({ message, hint }: Failure): string {
  return oneLine(hint === undefined ? message : `${message}; ${hint}`)
}

/** A failure as one line for programs. */
export function failureJson({ name, code, message, hint }: Failure): string {
  const [safeName, safeMessage] = [oneLine(name), oneLine(message)]
  return JSON.stringify({ error: { name: safeName, code, message: safeMessage, hint } })
}

function failure(thrown: unknown, exitCode: ExitCode, hint?: string): Failure {
  const { name, message, code } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Partial<
    Record<'name' | 'message' | 'code', unknown>
  >
  return {
    exitCode,
    name: typeof name === 'string' ? name : 'Error',
    code: typeof code === 'string' ? code : undefined,
    message: typeof message === 'string' ? message : oneLine(String(thrown)),
    hint,
  }
}

/** The message of an error of this library says what happened; that of another error may just be `x`. */
function threw({ name, code, message }: Failure): string {
  return code?.startsWith('ERR_') ? message : `the method threw ${name}: ${message}`
}

function connectionHint(said: string): string {
  if (/WRONGPASS|NOAUTH|without any password/i.test(said))
    return 'put the user and password into the URL: redis://user:password@host:6379'
  if (/NOPERM/.test(said)) return '"redis-object-rpc doctor" lists the permissions that this user lacks'
  return 'start one with "redis-object-rpc redis", or pass the URL of yours with --url or REDIS_URL'
}

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? cause.message : ''
}
