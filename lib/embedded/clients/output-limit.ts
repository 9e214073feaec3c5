import type { Client } from './client.ts'

/** Enough for the errors that a client gets before it has authenticated. */
const UNAUTHENTICATED_BYTES = 1024 * 1024

/**
 * Whether a client has so much unread output that it must be dropped. A subscriber that does not
 * keep up must neither slow the others nor fill the memory; its limits are those of the class
 * `pubsub`.
 */
export function exceedsOutputLimit(client: Client): boolean {
  const { config, now } = client.engine
  const { hardBytes, softBytes, softSeconds } = client.isSubscriber ? config.subscriberOutput : config.normalOutput
  const unread = client.output.length + (client.transport?.unsentBytes ?? 0)
  if (!client.authenticated && unread > UNAUTHENTICATED_BYTES) return true
  if (hardBytes > 0 && unread > hardBytes) return true
  if (softBytes === 0 || unread <= softBytes) {
    client.overSoftLimitSince = -1
    return false
  }
  if (client.overSoftLimitSince === -1) client.overSoftLimitSince = now
  return now - client.overSoftLimitSince > softSeconds * 1000
}
