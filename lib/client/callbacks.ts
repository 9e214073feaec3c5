import type { Outgoing } from '../chain/outgoing.ts'
import { MethodNotFoundError } from '../errors.ts'
import type { Link } from '../link/link.ts'
import type { ServiceCalls } from '../rpc/calls/service-calls.ts'
import { type Answer, idsIn } from '../rpc/fate/answer.ts'
import { ClientLease } from '../rpc/objects/client-lease.ts'
import { Objects } from '../rpc/objects/objects.ts'
import type { HasContext } from '../rpc/serving/call-context.ts'
import { type Incoming, incomingOf } from '../rpc/serving/incoming.ts'
import { Serving } from '../rpc/serving/serving.ts'
import type { Signing } from '../rpc/signing.ts'
import type { Codec } from '../wire/codec.ts'
import { clientTable, ENDPOINT_ID_LENGTH, endpointId, replyPrefix, serverPrefix, serverTable } from '../wire/keys.ts'
import type { Request } from '../wire/message.ts'
import { ASK, CANCEL, PING } from '../wire/reserved.ts'
import { baseCallOptions, type ClientSettings } from './options.ts'

/**
 * How many calls of lent objects run at once. They run as they arrive, so this only limits how many
 * are popped.
 */
const CONCURRENCY = 1_000

/** What callbacks share with the calls of the client. */
interface Parts {
  readonly link: Link
  readonly codec: Codec
  readonly signing: Signing
}

/**
 * Connects a client with servers that have borrowed from it or lent to it, and runs the calls of
 * those servers.
 */
export class Callbacks {
  readonly objects: Objects
  readonly #service: string
  readonly #settings: ClientSettings
  readonly #lease: () => ClientLease
  readonly #incoming: Incoming | undefined
  #serving: Serving | undefined
  #parts!: Parts

  /** @param inbox the client's list */
  constructor(service: string, inbox: string, settings: ClientSettings, outgoing: Outgoing | undefined) {
    const { clock, onError, maxReferences, timeoutMs } = settings
    const servers = serverPrefix(service)
    this.#service = service
    this.#settings = settings
    this.#incoming = incomingOf(service, settings.use)
    this.objects = new Objects({
      service,
      own: inbox,
      of: `the client of ${service}`,
      maxReferences,
      references: settings.references,
      streams: settings,
      settings: baseCallOptions({ timeoutMs, retry: undefined }),
      isPartner: (list) => list.startsWith(servers) && list.length === servers.length + ENDPOINT_ID_LENGTH,
      table: serverTable(service),
      clock,
      onError,
      onUse: () => {
        if (this.objects.isInUse) this.#lease().need()
      },
      isQuiet: false,
      outgoing,
    })
    let lease: ClientLease | undefined
    this.#lease = () => {
      lease ??= new ClientLease({
        table: clientTable(service),
        id: endpointId(inbox),
        link: this.#parts.link,
        clock,
        isNeeded: () => this.objects.isInUse,
      })
      return lease
    }
  }

  start(parts: Parts, { calls, notices, asked }: ServiceCalls): void {
    this.#parts = parts
    this.objects.start({ ...parts, calls, notices, onQuestion: asked })
  }

  connected(): void {
    if (this.#serving !== undefined) this.#serving.life = this.#parts.link.readerLife
    this.objects.connected()
  }

  /** Handles a request that arrived in the inbox. */
  take(text: string): void {
    this.#serving ??= this.#serve()
    this.#serving.takeOwn(text)
  }

  async close(): Promise<void> {
    const wasUsed = this.objects.wasUsed
    this.objects.close()
    if (wasUsed) await this.#lease().close()
  }

  #serve(): Serving {
    const { link, codec, signing } = this.#parts
    const { clock, onError } = this.#settings
    const serving = new Serving({
      service: this.#service,
      link,
      codec,
      limits: codec.limits,
      clock,
      signing,
      onError,
      exposeStacks: true,
      concurrency: CONCURRENCY,
      maxQueueAgeMs: Number.POSITIVE_INFINITY,
      replyPrefixes: [serverPrefix(this.#service), replyPrefix(this.#service)],
      dispatch: (request, call) => this.#run(request, codec, call),
      builtin: (request) => this.#builtin(request, codec),
      mayAct: () => true,
    })
    serving.life = link.readerLife
    return serving
  }

  /** @throws ReferenceLostError, MethodNotFoundError, what the function throws */
  #run(request: Request, codec: Codec, call: HasContext | undefined): unknown {
    if (request.on === undefined) throw new MethodNotFoundError(request.method, this.#service)
    if (this.#incoming === undefined || call === undefined) return this.objects.run(request, codec)
    return this.#incoming.run(this.objects.asked(request, codec), request, call)
  }

  /** @throws ProtocolError, MethodNotFoundError */
  #builtin(request: Request, codec: Codec): unknown {
    const args = codec.decode(request.args, request.meta, 'args') as readonly unknown[]
    const serving = this.#serving as Serving
    switch (request.method) {
      case PING:
        return null
      case ASK: {
        // Only this client can run calls of what it has lent, so it reports no other endpoints.
        const answer: Answer = {
          ...serving.answerFor(request.address.list, idsIn(args[0])),
          gaplessMs: 0,
          settlesMs: 0,
          met: [],
        }
        return answer
      }
      case CANCEL:
        serving.cancel(String(args[0]), idsIn(args[1]))
        return null
      default:
        if (this.objects.hear(request.method, args)) return null
        throw new MethodNotFoundError(request.method, this.#service)
    }
  }
}
