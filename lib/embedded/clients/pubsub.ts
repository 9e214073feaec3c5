import { PushReply, type Reply } from '../resp/value.ts'
import { matchGlob } from '../text/glob.ts'
import type { Client, Topic } from './client.ts'

/** The subscriptions of all clients. */
export class PubSub {
  readonly #subscribers: Readonly<Record<Topic, Map<string, Set<Client>>>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  }

  /** False if the client was subscribed already. */
  subscribe(client: Client, topic: Topic, name: string): boolean {
    const mine = client.subscriptions[topic]
    if (mine.has(name)) return false
    mine.add(name)
    const all = this.#subscribers[topic]
    const clients = all.get(name)
    if (clients === undefined) all.set(name, new Set([client]))
    else clients.add(client)
    return true
  }

  /** False if the client was not subscribed. */
  unsubscribe(client: Client, topic: Topic, name: string): boolean {
    if (!client.subscriptions[topic].delete(name)) return false
    const clients = this.#subscribers[topic].get(name)
    clients?.delete(client)
    if (clients?.size === 0) this.#subscribers[topic].delete(name)
    return true
  }

  unsubscribeAll(client: Client): void {
    for (const topic of ['channel', 'pattern', 'shard'] as const) {
      for (const name of client.subscriptions[topic]) this.unsubscribe(client, topic, name)
    }
  }

  /** Sends a message to all subscribers; returns how many there were. */
  publish(topic: 'channel' | 'shard', name: string, message: string): number {
    let receivers = 0
    const clients = this.#subscribers[topic].get(name)
    if (clients !== undefined) {
      receivers += this.#fanOut(clients, [topic === 'channel' ? 'message' : 'smessage', name, message])
    }
    if (topic === 'shard') return receivers
    for (const [pattern, listeners] of this.#subscribers.pattern) {
      if (matchGlob(pattern, name)) receivers += this.#fanOut(listeners, ['pmessage', pattern, name, message])
    }
    return receivers
  }

  /** Names that have subscribers and match. */
  names(topic: Topic, pattern?: string): string[] {
    const names = [...this.#subscribers[topic].keys()]
    return pattern === undefined ? names : names.filter((name) => matchGlob(pattern, name))
  }

  /** How many clients are subscribed to a name. */
  count(topic: Topic, name: string): number {
    return this.#subscribers[topic].get(name)?.size ?? 0
  }

  /** How many names have subscribers. */
  size(topic: Topic): number {
    return this.#subscribers[topic].size
  }

  #fanOut(clients: ReadonlySet<Client>, items: readonly Reply[]): number {
    const message = new PushReply(items)
    // A client that is too slow is dropped during this, but the message was sent to it.
    const { size } = clients
    for (const client of clients) client.push(message)
    return size
  }
}
