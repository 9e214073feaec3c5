import type { Registered } from '../catalog/registered.ts'
import type { Caller } from '../engine/caller.ts'
import { call } from '../engine/execute.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'

/** A running script: its caller and its permissions. */
export class ScriptRun {
  readonly caller: Caller
  readonly #client: Caller
  readonly #readOnly: boolean

  /** `client` is the client that scripts use: it has no connection and may not block. */
  constructor(caller: Caller, client: Caller, readOnly: boolean) {
    this.caller = caller
    this.#client = client
    this.#readOnly = readOnly
    client.db = caller.db
    client.protocol = 2
    client.noTouch = caller.noTouch
  }

  get protocol(): 2 | 3 {
    return this.#client.protocol
  }

  /**
   * The protocol in which the script sees replies and in which its booleans are sent
   * (`redis.setresp`).
   */
  set protocol(protocol: 2 | 3) {
    this.#client.protocol = protocol
  }

  /** Whether writes go to the append-only file (`redis.set_repl`). */
  set propagates(value: boolean) {
    this.caller.engine.propagation.suspended = !value
  }

  /** Ends the script; the next unit is propagated as usual. */
  end(): void {
    this.propagates = true
  }

  /** Runs a command. Errors are returned as replies: the script decides what to do with them. */
  call(argv: readonly string[]): Reply {
    const { engine } = this.caller
    const command = engine.commands.find(argv[0]!, argv[1])
    const refusal = this.#refusal(command, argv)
    if (command !== undefined && refusal === undefined) {
      if (engine.writeRefusal !== undefined && command.has('write')) {
        command.rejectedCalls++
        engine.stats.countError(engine.writeRefusal.text)
        return engine.writeRefusal
      }
      const reply = call(this.#client, command, argv)
      if (reply instanceof ErrorReply) engine.stats.countError(reply.text)
      return reply
    }
    if (command !== undefined) command.rejectedCalls++
    engine.stats.countError('ERR')
    return new ErrorReply(`ERR ${refusal}`)
  }

  #refusal(command: Registered | undefined, argv: readonly string[]): string | undefined {
    if (command === undefined) return 'Unknown Redis command called from script'
    if (!command.accepts(argv.length)) return 'Wrong number of args calling Redis command from script'
    if (command.has('noscript')) return 'This Redis command is not allowed from script'
    if (this.#readOnly && (command.has('write') || command.has('may_replicate'))) {
      return 'Write commands are not allowed from read-only scripts.'
    }
    return undefined
  }
}
