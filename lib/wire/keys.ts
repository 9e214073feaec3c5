import { createHash } from 'node:crypto'
import { customAlphabet, nanoid } from 'nanoid'

/**
 * Every Redis key of the RPC, built here and nowhere else. For a service `calc`:
 *
 * | key | what |
 * |---|---|
 * | `calc` | list of requests |
 * | `calc:rpc:<12 characters>` | list of replies to one client process, its inbox |
 * | `calc:rpc:<8 of A-Z0-9>` | list for one reply, classic dialect |
 * | `{calc}:server:<12 characters>` | list of one server's own: requests for it alone, and replies to it |
 * | `{calc}:servers` | sorted set: which servers there are, see `rpc/presence/server-table.ts` |
 * | `{calc}:clients` | sorted set: which clients have lent or borrowed something |
 * | `{calc}:once:<hash>` | hash: what became of the calls with one idempotency key, see `rpc/once/record.ts` |
 * | `{calc}:wake:<id>` | list that ends one reader's wait |
 * | `redis-object-rpc:services` | sorted set, of no service: which services there are, see `rpc/presence/service-list.ts` |
 */

/** The list of all services. */
export const SERVICE_LIST = 'redis-object-rpc:services'

/** The part that every reply list of a service begins with; a server pushes to no other list. */
export function replyPrefix(service: string): string {
  return `${service}:rpc:`
}

/**
 * 72 random bits: with a million live clients, the probability that two share one is 1 in 10 000
 * million. It is in every request.
 */
export const ENDPOINT_ID_LENGTH = 12

/** A fresh id for one server. */
export function newServerId(): string {
  return nanoid(ENDPOINT_ID_LENGTH)
}

/** A fresh inbox for one client. @param inSlot whether it must be in the cluster slot of the service's list */
export function newInbox(service: string, inSlot = false): string {
  const tag = inSlot && slotTag(service) !== service ? slotTag(service) : ''
  return replyPrefix(service) + tag + nanoid(ENDPOINT_ID_LENGTH)
}

const classicId = customAlphabet('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', 8)

/** A fresh list for one classic reply, named as the Python and Ruby originals name it. */
export function newClassicReplyList(service: string): string {
  return replyPrefix(service) + classicId()
}

/** The part that the own list of every server begins with. */
export function serverPrefix(service: string): string {
  return `${slotTag(service)}:server:`
}

/** One server's own list. */
export function serverList(service: string, id: string): string {
  return serverPrefix(service) + id
}

/** The table of a service's servers. */
export function serverTable(service: string): string {
  return `${slotTag(service)}:servers`
}

/** The table of a service's clients that have lent or borrowed something. */
export function clientTable(service: string): string {
  return `${slotTag(service)}:clients`
}

/** The 12 characters of an endpoint, by its list: a server's own or a client's inbox. */
export function endpointId(list: string): string {
  return list.slice(-ENDPOINT_ID_LENGTH)
}

/** The record of an idempotency key, which may be any text. */
export function onceRecord(service: string, key: string): string {
  return `${slotTag(service)}:once:${createHash('sha256').update(key).digest('base64url')}`
}

/** A fresh wake list for a reader of `list`, in the same cluster slot. */
export function newWakeList(list: string): string {
  return `${slotTag(list)}:wake:${nanoid()}`
}

/**
 * A name beginning that hashes to the same cluster slot as `list`.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export function slotTag(list: string): string {
  const open = list.indexOf('{')
  const close = open === -1 ? -1 : list.indexOf('}', open + 1)
  // A name with a tag of its own keeps it; a `}` without one would end ours too early, and then the slots differ.
  return close > open + 1 ? list : `{${list}}`
}
