import { hostname } from 'node:os'
import { MethodNotFoundError, ProtocolError } from '../errors.ts'
import { type Answer, idsIn } from '../rpc/fate/answer.ts'
import type { ServerReport } from '../rpc/meter/server-report.ts'
import type { Objects } from '../rpc/objects/objects.ts'
import type { Presence } from '../rpc/presence/presence.ts'
import type { ServerInfo } from '../rpc/presence/server-info.ts'
import type { Serving } from '../rpc/serving/serving.ts'
import { readCallFilter } from '../rpc/watch/call-record.ts'
import type { CallWatches } from '../rpc/watch/call-watches.ts'
import type { Codec } from '../wire/codec.ts'
import type { Request } from '../wire/message.ts'
import { ASK, CANCEL, HELLO, INFO, PING, STATS, WATCH } from '../wire/reserved.ts'
import type { ServerSettings } from './options.ts'

/** The parts of a server that its built-in methods ask. */
export interface BuiltinsParts {
  readonly service: string
  readonly settings: ServerSettings
  readonly codec: Codec
  readonly presence: Presence
  readonly serving: Serving
  readonly objects: Objects
  readonly watches: CallWatches
  readonly report: () => ServerReport
  /** What does not change as the server runs. */
  readonly info: Pick<ServerInfo, 'started' | 'methods' | 'shapes'>
}

/** The built-in methods, which every server has: other ends ask it about calls and about itself. */
export class Builtins {
  readonly #parts: BuiltinsParts

  constructor(parts: BuiltinsParts) {
    this.#parts = parts
  }

  /** @throws ProtocolError, MethodNotFoundError */
  run(request: Request): unknown {
    const { service, settings, codec, presence, serving, objects, watches, report } = this.#parts
    const args = codec.decode(request.args, request.meta, 'args') as readonly unknown[]
    switch (request.method) {
      case PING:
        return null
      case ASK:
        return this.#answer(request.address.list, idsIn(args[0]))
      case HELLO:
        presence.meet(idIn(args[0]))
        return null
      case CANCEL:
        serving.cancel(String(args[0]), idsIn(args[1]))
        return null
      case INFO:
        return this.#info()
      case STATS:
        if (settings.exposeReports) return report()
        break
      case WATCH:
        if (settings.exposeReports) return watches.watch(readCallFilter(args[0]))
        break
      default:
        if (objects.hear(request.method, args)) return null
    }
    throw new MethodNotFoundError(request.method, service)
  }

  /** Rule R8: its knowledge of the other servers is no older than its answer. */
  async #answer(list: string, ids: readonly number[]): Promise<Answer> {
    const { presence, serving, settings } = this.#parts
    const isFresh = await presence.refresh()
    const now = settings.clock.now()
    const { gaplessMs, settlesMs } = presence.vouching(now)
    const known = { gaplessMs: isFresh ? gaplessMs : 0, settlesMs, met: presence.met(now) }
    return { ...serving.answerFor(list, ids), ...known }
  }

  #info(): ServerInfo {
    const { presence, serving, settings, info } = this.#parts
    const { running, waiting } = serving
    const { version, methods } = settings
    const repeatable = [...methods].flatMap(([name, { delivery }]) => (delivery === 'at-least-once' ? [name] : []))
    return { id: presence.id, host: hostname(), pid: process.pid, version, ...info, repeatable, running, waiting }
  }
}

function idIn(value: unknown): string {
  if (typeof value === 'string' && /^[\w-]{12}$/.test(value)) return value
  throw new ProtocolError('the id of a server is not 12 characters')
}
