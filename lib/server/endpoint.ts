import { Outgoing } from '../chain/outgoing.ts'
import { ClosedError } from '../errors.ts'
import type { Inlet } from '../link/inlets.ts'
import { CLOSE_MS, type Link } from '../link/link.ts'
import type { RedisLife } from '../link/source.ts'
import type { Links } from '../link/use.ts'
import { Calls } from '../rpc/calls/calls.ts'
import { type CallSettings, methodOf, type SentCall } from '../rpc/calls/sent-call.ts'
import { Notices } from '../rpc/fate/notices.ts'
import { CallMeter } from '../rpc/meter/call-meter.ts'
import type { ServerReport } from '../rpc/meter/server-report.ts'
import { Objects } from '../rpc/objects/objects.ts'
import { isOnlyServer } from '../rpc/presence/only-server.ts'
import { Presence } from '../rpc/presence/presence.ts'
import { ServiceEntry } from '../rpc/presence/service-list.ts'
import { incomingOf } from '../rpc/serving/incoming.ts'
import { Serving } from '../rpc/serving/serving.ts'
import { type Signing, signingOf } from '../rpc/signing.ts'
import { CallWatches, WatchedCalls } from '../rpc/watch/call-watches.ts'
import { Budget } from '../util/budget.ts'
import { systemClock } from '../util/clock.ts'
import { waitAtMost } from '../util/within.ts'
import { Codec } from '../wire/codec.ts'
import {
  clientTable,
  ENDPOINT_ID_LENGTH,
  endpointId,
  newServerId,
  replyPrefix,
  serverList,
  serverPrefix,
  serverTable,
} from '../wire/keys.ts'
import { CANCEL, HELLO } from '../wire/reserved.ts'
import { Builtins } from './builtins.ts'
import type { ServerSettings } from './options.ts'
import { runRequests } from './run-requests.ts'
import { servedMethods } from './served-methods.ts'
import type { ServerStats } from './stats.ts'

/** How long another server may take to answer a greeting, in ms. */
const GREETING: CallSettings = { timeoutMs: 500, signal: undefined, options: undefined, isAskedAfter: false }
/** How long a notice about a cancelled call is useful, in ms. */
const CANCEL_MS = 1_000
/** How long a closing server waits for watchers of its calls, in ms. */
const LAST_RECORDS_MS = 200
/** How long messages to a server that is gone stay in its list, in ms. */
const OWN_LIST_EXPIRE_MS = 60_000

/**
 * A server's endpoint: its presence among the servers of its service, the calls it runs, and its
 * questions to the other servers.
 */
export class ServerEndpoint {
  readonly methods: readonly string[]
  readonly #service: string
  readonly #settings: ServerSettings
  readonly #link: Link
  readonly #isOwnLink: boolean
  readonly #inlet: Inlet
  readonly #presence: Presence
  readonly #serving: Serving
  readonly #meter: CallMeter
  readonly #watches: CallWatches
  readonly #signing: Signing
  readonly #calls: Calls
  readonly #objects: Objects
  readonly #outgoing: Outgoing | undefined
  readonly #notices: Notices
  readonly #started = systemClock.now()
  readonly #stopObserving: () => void
  /** Whether it takes requests: not before it has joined, and not while it closes. */
  #takesRequests = false
  /** Whether the lease was renewed on the current connections. */
  #isCurrent = false
  #connectedAt = Number.NEGATIVE_INFINITY
  #isClosing = false
  #joining: Promise<void> | undefined

  constructor(service: string, target: object, settings: ServerSettings, links: Links) {
    const { clock, onError } = settings
    this.#service = service
    this.#settings = settings
    const of = `the server of ${service}`
    const own = serverList(service, newServerId())
    const replies = replyPrefix(service)
    this.#outgoing = settings.use.length === 0 ? undefined : new Outgoing(service, settings.use, clock)
    this.#objects = new Objects({
      service,
      own,
      of,
      maxReferences: settings.maxReferences,
      references: settings.references,
      streams: settings,
      settings: { timeoutMs: settings.callbackTimeoutMs, signal: undefined, options: undefined, isAskedAfter: true },
      isPartner: (list) => list.startsWith(replies) && list.length >= replies.length + ENDPOINT_ID_LENGTH,
      table: clientTable(service),
      clock,
      onError,
      onUse: () => {},
      isQuiet: true,
      outgoing: this.#outgoing,
    })
    const { classes, types } = settings
    const codec = new Codec({ classes, types, limits: { ...settings, of }, objects: this.#objects })
    const served = servedMethods(service, target, settings, (object) => codec.isValue(object))
    this.methods = served.names
    this.#watches = new CallWatches(service, endpointId(own))
    this.#meter = new CallMeter(this.methods, settings.exposeStacks, this.#watches)
    this.#presence = new Presence({
      id: endpointId(own),
      table: serverTable(service),
      leaseMs: settings.leaseMs,
      run: (commands) => this.#link.run(commands),
      isConnected: () => this.#link.redis !== undefined,
      redisNow: () => this.#link.now(),
      connected: () => ({ life: this.#link.life, connections: this.#link.clientIds }),
      greet: (id) => this.#greet(id),
      isAlone: () => this.#isAlone(),
      beforeReturn: async () => {
        await this.#link.cycle()
        this.#serving.sendBack()
      },
      onReturned: () => this.#serving.resume(),
      onRenewal: (began) => this.#renewed(began),
      onError,
      entry: new ServiceEntry({ service, leaseMs: settings.leaseMs, run: (commands) => this.#link.run(commands) }),
      clock,
    })
    const { limits } = codec
    const signing = signingOf({ ...settings, limits })
    this.#signing = signing
    const servers = serverPrefix(service)
    this.#inlet = {
      lists: (hasRoom) => (hasRoom && this.#takesRequests && this.#isCurrent ? [own, service] : [own]),
      // Running methods may wait for answers of clients.
      isUrgent: () => this.#calls.size > 0,
      capacity: (popped) => (this.#takesRequests && this.#isCurrent ? this.#serving.room(popped) : 0),
      onBatch: (texts, list) => {
        const accepted = this.#signing.accept(list, texts)
        if (list === own) this.#takeOwn(accepted)
        else this.#serving.take(accepted)
      },
      expireMs: (list) => {
        if (list.startsWith(replies)) return settings.replyExpireMs
        return list.startsWith(servers) ? OWN_LIST_EXPIRE_MS : undefined
      },
    }
    const { link, isOwn } = links.use(this.#inlet, service, service)
    this.#link = link
    this.#isOwnLink = isOwn
    this.#calls = new Calls({
      service,
      address: own,
      link,
      codec,
      limits,
      clock,
      signing,
      onError,
      onAgain: (call) => this.#objects.again(call),
      onLate: (reply) => this.#objects.discard(reply),
      onGivenUp: (call) => this.#givenUp(call, own),
    })
    this.#notices = new Notices({ link, codec, clock, signing })
    this.#objects.start({ link, calls: this.#calls, codec, notices: this.#notices })
    const { dispatch, prepare } = runRequests(
      { service, methods: served.methods, codec, objects: this.#objects },
      incomingOf(service, settings.use),
    )
    this.#serving = new Serving({
      ...settings,
      service,
      link,
      codec,
      limits,
      signing,
      replyPrefixes: [replies, servers],
      dispatch,
      builtin: (request) => builtins.run(request),
      meter: this.#meter,
      mayAct: (now) => this.#presence.isValid(now),
      once: {
        id: this.#presence.id,
        isGone: (id) => this.#presence.isGone(id),
        prepare,
      },
    })
    const builtins = new Builtins({
      service,
      settings,
      codec,
      presence: this.#presence,
      serving: this.#serving,
      objects: this.#objects,
      watches: this.#watches,
      report: () => this.report(),
      info: { started: this.#started, methods: this.methods, shapes: served.shapes },
    })
    this.#stopObserving = link.observe(() => this.#connected())
  }

  get id(): string {
    return this.#presence.id
  }

  get stats(): ServerStats {
    const { stats, running } = this.#serving
    return { ...stats, junk: stats.junk + this.#signing.junk, running, ...this.#objects.counts }
  }

  /** Its measurements so far. */
  report(): ServerReport {
    const measured = this.#meter.report(this.#serving.runningRequests())
    return { id: this.id, at: systemClock.now(), started: this.#started, ...measured }
  }

  /** Resolves once requests are taken. @throws ConnectionError, ClosedError */
  async start(): Promise<void> {
    await this.#link.open((redis) => this.#prepare(redis))
    // It would join the table without ever leaving it.
    this.#checkOpen()
    this.#joining = this.#presence.join()
    await this.#joining
    this.#checkOpen()
    this.#takesRequests = true
    this.#isCurrent = true
    this.#link.wake()
    this.#link.resume()
  }

  /**
   * Takes no more requests, finishes those it has, leaves the table, and disconnects. All its waits
   * for Redis share one budget, so that a silent Redis does not hold it up at each of them.
   */
  async close(): Promise<void> {
    const { drainTimeoutMs, clock } = this.#settings
    const budget = new Budget(clock, CLOSE_MS)
    this.#isClosing = true
    this.#presence.stopJoining()
    if (this.#joining !== undefined) await budget.wait(this.#joining)
    this.#takesRequests = false
    await budget.spend((limitMs) => this.#link.cycle(limitMs))
    const drainUntil = clock.now() + drainTimeoutMs
    this.#objects.endSignals()
    await this.#serving.finish(drainTimeoutMs)
    this.#watches.end()
    await this.#objects.streamsDrained(
      Math.max(0, drainUntil - clock.now()),
      (stream) => !(stream instanceof WatchedCalls),
    )
    await waitAtMost(clock, LAST_RECORDS_MS, this.#watches.read())
    this.#objects.close()
    await budget.wait(this.#presence.leave())
    this.#stopObserving()
    this.#outgoing?.close()
    this.#calls.close()
    const own = serverList(this.#service, this.id)
    if (this.#isOwnLink) return this.#link.close([own], budget)
    await budget.spend((limitMs) => this.#link.detach(this.#inlet, limitMs))
    await budget.wait(this.#link.run((redis) => redis.del(own)))
  }

  #checkOpen(): void {
    if (this.#isClosing) throw new ClosedError('closed while starting')
  }

  async #prepare(redis: RedisLife): Promise<void> {
    if (this.#settings.flushOnStart) await redis.del(this.#service)
    // A key of another type, or a missing permission, is detected here instead of by a reader that
    // fails forever.
    else await redis.llen(this.#service)
  }

  #connected(): void {
    // In a cluster the inbox of a client may be on another node than this server's lists, which has another life.
    this.#calls.life = this.#link.isCluster ? '' : this.#link.life
    this.#serving.life = this.#link.readerLife
    // Rule R1, for every connection: the table may have lost this server while it was away.
    this.#isCurrent = false
    this.#connectedAt = this.#settings.clock.now()
    this.#objects.connected()
    void this.#presence.refresh()
  }

  /** A client does not have to run a cancelled call that has not begun. */
  #givenUp(call: SentCall, own: string): void {
    const cancel = () => call.push !== 'queued' && this.#notices.send(call.list, CANCEL, [own, [call.id]], CANCEL_MS)
    this.#link.takeBack.add(call.list, call.text, undefined, cancel)
  }

  #renewed(began: number): void {
    if (this.#isCurrent || began < this.#connectedAt) return
    this.#isCurrent = true
    this.#link.wake()
    this.#link.resume()
  }

  /** Its own list gets requests for it alone, and replies of the other servers. */
  #takeOwn(texts: readonly string[]): void {
    for (const text of texts) {
      if (text.startsWith('{"id":')) this.#calls.take(text)
      else this.#serving.takeOwn(text)
    }
  }

  async #greet(id: string): Promise<boolean> {
    const method = methodOf(this.#service, HELLO)
    const call = this.#calls.begin(serverList(this.#service, id), method, GREETING)
    this.#calls.send(call, JSON.stringify([this.id]), 0)
    return call.answered.then(
      () => true,
      () => false,
    )
  }

  async #isAlone(): Promise<boolean | undefined> {
    if (this.#link.isCluster) return undefined
    const clients = String(await this.#link.run((redis) => redis.call('CLIENT', 'LIST')))
    const own = new Set(this.#link.clientIds)
    return own.size < 2 ? undefined : isOnlyServer(clients, this.#service, own)
  }
}
