import type { Changes, Outgoing } from '../../chain/outgoing.ts'
import { ClosedError } from '../../errors.ts'
import { checkMetadata } from '../../wire/metadata.ts'
import type { CallSettings, SentCall } from '../calls/sent-call.ts'
import type { Loaner } from './borrowed.ts'
import type { PartnerCalls } from './partner-calls.ts'

export interface BorrowedCallsOptions {
  /** The options of the user's calls. */
  readonly settings: CallSettings
  /**
   * Whether a call may be made without awaiting it; its rejection must then not count as unhandled.
   */
  readonly isQuiet: boolean
  /** The middleware around the user's calls; undefined: none. */
  readonly outgoing: Outgoing | undefined
  /** Undefined: nothing can be sent yet. */
  readonly calls: () => PartnerCalls | undefined
  /** Keeps what is called borrowed until the call ends. */
  readonly pin: (loaner: Loaner, call: Promise<unknown>) => void
  /** A call waits for the owner of something borrowed. */
  readonly onCall: () => void
}

/** Calls through what an endpoint has borrowed: those of the user, and those of the library. */
export class BorrowedCalls {
  readonly #options: BorrowedCallsOptions

  constructor(options: BorrowedCallsOptions) {
    this.#options = options
  }

  /** A call of the user. */
  call(loaner: Loaner, name: string, args: readonly unknown[]): Promise<unknown> {
    const { outgoing, settings, isQuiet, pin } = this.#options
    const call =
      outgoing === undefined
        ? this.invoke(loaner, name, args, settings)
        : outgoing.run({
            ...settings,
            name,
            args,
            kind: 'callback',
            metadata: undefined,
            send: (given, changes) => this.invoke(loaner, name, given, changedSettings(settings, changes)),
          })
    pin(loaner, call)
    // A progress report that nobody awaits must not end the process when its receiver is gone.
    if (isQuiet) call.catch(() => {})
    return call
  }

  /** Rejects rather than throws. */
  invoke(loaner: Loaner, name: string, args: readonly unknown[], settings: CallSettings): Promise<unknown> {
    try {
      return this.begin(loaner, name, args, settings).answered
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** @throws ReferenceLostError, ClosedError, and encoding errors */
  begin(loaner: Loaner, name: string, args: readonly unknown[], settings: CallSettings): SentCall {
    if (loaner.lost !== undefined) throw loaner.lost
    const calls = this.#options.calls()
    if (calls === undefined) throw new ClosedError('not started')
    const call = calls.call(loaner.at, loaner.id, name, args, settings)
    this.#options.onCall()
    return call
  }
}

function changedSettings(
  settings: CallSettings,
  { changedMetadata: metadata, attempt, timeoutMs }: Changes,
): CallSettings {
  const options = {
    ...(metadata !== undefined && { metadata: checkMetadata(metadata) }),
    ...(attempt > 1 && { attempt }),
  }
  return { ...settings, timeoutMs, options: Object.keys(options).length === 0 ? undefined : options }
}
