import type { ClientControl } from '../client/control.ts'
import { ClosedError } from '../errors.ts'
import { Cache } from '../ipc/cache/cache.ts'
import { Commands } from '../ipc/commands.ts'
import { type CallEndOptions, checkCallEndOptions } from '../link/options.ts'
import { checkSource, type RedisLife, type RedisSource } from '../link/source.ts'
import { runShared, SharedConnections } from '../link/use.ts'
import { prometheusText } from '../rpc/meter/prometheus.ts'
import { systemClock } from '../util/clock.ts'
import { knownOptions, nonEmptyString } from '../util/options.ts'
import { SERVICE_LIST } from '../wire/keys.ts'
import { checkSecret, type SecretOption } from '../wire/signature.ts'
import { backlogMetrics, MOST_MEASURED } from './backlog-metrics.ts'
import { type CacheEntryView, type CacheView, cacheEntry, cachePhases } from './cache-view.ts'
import { type HealthCheck, lookAtHealth } from './health.ts'
import { type LeaseView, viewLeases, withLeases } from './lease-view.ts'
import { firstItems, matchOf, type Page, type PageOptions, pageOf } from './page.ts'
import { drain, type ReplayOptions, remove, replay } from './queue-changes.ts'
import { type ItemOptions, type ItemView, type QueuePart, queueItems } from './queue-items.ts'
import { type QueueView, queuePhases, viewQueue } from './queue-view.ts'
import type { Run } from './run.ts'
import { ServiceClients } from './service-clients.ts'
import { type ServiceDetail, type ServiceView, viewServers, viewServices, viewWaiting } from './service-view.ts'
import { type StreamView, streamPhases, viewStream } from './stream-view.ts'

/** Options of an {@link Inspector}. */
export interface InspectorOptions extends CallEndOptions, SecretOption {}

/** How long servers may take to answer, in ms. */
const ANSWER_MS = 1_000

/**
 * Inspects a Redis: services, queues, streams, caches. It has its own two connections, named
 * `redis-object-rpc::inspect`.
 */
export class Inspector implements AsyncDisposable {
  readonly #redis: RedisSource
  readonly #settings: Required<CallEndOptions>
  readonly #connections: InspectorConnections
  readonly #clients: ServiceClients
  #closing: Promise<void> | undefined

  /**
   * @param redis a URL, ioredis options or an ioredis client; a client is duplicated and never
   * closed
   * @throws InvalidOptionError naming the option and what it accepts
   */
  constructor(redis: RedisSource, options: InspectorOptions = {}) {
    const settings = checkCallEndOptions(options)
    checkSecret(options)
    knownOptions(options, [...Object.keys(settings), 'secret'])
    this.#redis = redis
    this.#settings = settings
    this.#connections = new InspectorConnections(redis, settings, 'inspect')
    this.#clients = new ServiceClients(this.#connections, {
      ...options,
      ...settings,
      timeoutMs: ANSWER_MS,
      noServerTimeoutMs: 0,
    })
  }

  /**
   * Lists all services that have a live server, sorted; at most 10 000.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError
   */
  async services(): Promise<ServiceView[]> {
    return viewServices(this.#runOn(SERVICE_LIST, 'list the services'))
  }

  /**
   * Describes one service and its servers. For an unknown name there are no servers.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError
   */
  async service(name: string): Promise<ServiceDetail> {
    nonEmptyString('name', name)
    const [waiting, servers, leases] = await Promise.all([
      this.#runOn(name, `look at ${name}`)((redis, redisNow) => viewWaiting(redis, name, redisNow)),
      this.#ofService(name, viewServers),
      this.leases(name),
    ])
    return { name, ...withLeases(servers, leases), ...waiting }
  }

  /**
   * The leases of a service's servers, whether they answer or not: those that last, and those that
   * ended within the last 50 s.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError
   */
  async leases(name: string): Promise<LeaseView[]> {
    nonEmptyString('name', name)
    return this.#runOn(name, `look at ${name}`)((redis, redisNow) => viewLeases(redis, name, redisNow))
  }

  /**
   * Returns measurements in the text format of Prometheus: those of servers, how many calls wait,
   * and what waits in the first 1 000 queues, streams and groups.
   * @param services the names of the services, without queues and streams; by default everything
   * @throws ConnectionError, DeliveryUnknownError, ClosedError
   */
  async metrics(services?: readonly string[]): Promise<string> {
    if (services !== undefined) return this.#serviceMetrics(services)
    const limit = MOST_MEASURED
    return [
      await this.#serviceMetrics((await this.services()).map(({ name }) => name)),
      backlogMetrics(
        await firstItems(limit, (cursor) => this.queues({ limit, cursor })),
        await firstItems(limit, (cursor) => this.streams({ limit, cursor })),
      ),
    ].join('')
  }

  async #serviceMetrics(names: readonly string[]): Promise<string> {
    const measured = []
    for (const name of names) {
      const { waiting, oldestMs, servers } = await this.service(name)
      measured.push({ service: name, waiting, oldestMs, reports: servers.flatMap(({ report }) => report ?? []) })
    }
    return prometheusText(measured)
  }

  /**
   * Checks whether this Redis is suitable for calls: version, latency, clock, eviction, memory,
   * connections, and the permissions of this user. It works for a user without access to any keys.
   * @param service the service for whose keys permissions are checked
   * @throws ConnectionError, DeliveryUnknownError, ClosedError
   */
  async health(service: string): Promise<HealthCheck[]> {
    nonEmptyString('name', service)
    this.#checkOpen()
    // The shared connections read lists, which this user may not be allowed to do; that is what
    // this checks.
    const { connectTimeoutMs } = this.#settings
    const commands = new Commands(checkSource(this.#redis, '', 'inspect'), { connectTimeoutMs, clock: systemClock })
    const work = { what: `look at the health of Redis for ${service}`, keys: {}, repeatable: true }
    try {
      return await commands.run(work, (redis) => lookAtHealth(redis, service))
    } finally {
      commands.close()
    }
  }

  /**
   * Lists task queues that have, or had, tasks.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError, InvalidOptionError
   */
  async queues(options: PageOptions = {}): Promise<Page<QueueView>> {
    return pageOf(this.#runOn(SERVICE_LIST, 'look for queues'), queuePhases(matchOf(options)), options)
  }

  /**
   * Describes one queue; a queue that does not exist is empty.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError
   */
  queue(name: string): Promise<QueueView> {
    return this.#runNamed(name, (redis) => viewQueue(redis, name))
  }

  /**
   * Lists tasks of a queue in the order in which they will be taken or are due, or became dead
   * letters. Long texts are truncated.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError, InvalidOptionError
   */
  queueItems(name: string, part: QueuePart, options: ItemOptions = {}): Promise<ItemView[]> {
    return this.#runNamed(name, (redis) => queueItems(redis, name, part, options))
  }

  /**
   * Replays dead letters to the end of their queue, with their attempts reset; returns how many.
   * Letters without a task stay.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError, InvalidOptionError
   */
  async replay(name: string, ids: readonly string[] | 'all', options?: ReplayOptions): Promise<number> {
    return replay(this.#runOn(nonEmptyString('name', name), `change ${name}`), name, ids, options)
  }

  /**
   * Deletes dead letters; returns how many there were.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError, InvalidOptionError
   */
  async remove(name: string, ids: readonly string[]): Promise<number> {
    return remove(this.#runOn(nonEmptyString('name', name), `change ${name}`), name, ids)
  }

  /**
   * Removes the waiting tasks of a queue, and returns how many. Delayed tasks, tasks in progress
   * and dead letters stay.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError
   */
  async drain(name: string): Promise<number> {
    return drain(this.#runOn(nonEmptyString('name', name), `change ${name}`), name)
  }

  /**
   * Lists event streams and their groups.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError, InvalidOptionError
   */
  async streams(options: PageOptions = {}): Promise<Page<StreamView>> {
    return pageOf(this.#runOn(SERVICE_LIST, 'look for streams'), streamPhases(matchOf(options)), options)
  }

  /**
   * Describes one stream; a stream that does not exist is empty.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError
   */
  stream(name: string): Promise<StreamView> {
    return this.#runNamed(name, (redis) => viewStream(redis, name))
  }

  /**
   * Lists caches that have entries.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError, InvalidOptionError
   */
  async caches(options: PageOptions = {}): Promise<Page<CacheView>> {
    return pageOf(this.#runOn(SERVICE_LIST, 'look for caches'), cachePhases(matchOf(options)), options)
  }

  /**
   * Returns an entry of a cache and its remaining time; undefined: there is none.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError
   */
  async cacheGet(name: string, field: string): Promise<CacheEntryView | undefined> {
    nonEmptyString('field', field)
    return this.#runNamed(name, (redis) => cacheEntry(redis, name, field))
  }

  /**
   * Deletes an entry of a cache; returns false if there was none.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError
   */
  async cacheDelete(name: string, field: string): Promise<boolean> {
    const entry = await this.cacheGet(name, field)
    if (entry === undefined) return false
    const { connectTimeoutMs, onError } = this.#settings
    await using cache = new Cache(this.#redis, name, { layout: entry.layout, connectTimeoutMs, onError })
    return await cache.delete(field)
  }

  /** Disconnects, and closes its clients; a second call returns the first's promise. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.#clients.close()
    await this.#connections.close()
  }

  /** @param key where there is no connection yet, it is made for the slot of this key */
  #runOn(key: string, what: string): Run {
    return async (commands) => {
      this.#checkOpen()
      return runShared(this.#connections, key, what, commands)
    }
  }

  async #runNamed<T>(name: string, commands: (redis: RedisLife) => Promise<T>): Promise<T> {
    nonEmptyString('name', name)
    return this.#runOn(name, `look at ${name}`)(commands)
  }

  async #ofService<T>(name: string, work: (client: ClientControl<object>) => Promise<T>): Promise<T> {
    this.#checkOpen()
    return this.#clients.use(name, work)
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new ClosedError('the inspector is closed')
  }
}

class InspectorConnections extends SharedConnections {
  close(): Promise<void> {
    return this.disconnect()
  }
}
