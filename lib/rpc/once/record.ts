/**
 * The record of one idempotency key: a Redis hash that exactly one server writes at a time.
 *
 * | field | what |
 * |---|---|
 * | `of` | fingerprint of the method and its arguments |
 * | `by` | the claim under which it runs or ran: the server's id, a dot, and a number |
 * | `reply` | what the call was answered with, without its id; not there while it runs |
 *
 * @see https://redis.io/docs/latest/develop/interact/programmability/eval-intro/
 */
import { createHash } from 'node:crypto'
import { Script } from '../../link/script.ts'
import type { RedisLife } from '../../link/source.ts'
import type { Request } from '../../wire/message.ts'

/**
 * How long the record of a running call is kept at least, in ms. After that, the call looks as if
 * it never ran.
 */
const RUNNING_MS = 24 * 60 * 60_000

/** The content of a record; all fields are empty if there is none. */
export interface OnceRecord {
  readonly of: string
  readonly by: string
  /** Empty: it has not ended. */
  readonly reply: string
}

const CLAIM = new Script<[string, string, string]>(`
-- Claims a call unless it has been claimed.
-- KEYS: the record
-- ARGV: the fingerprint, the claim, for how many ms, another claim that may be taken over (empty: none)
-- Returns the fingerprint, the claim and the reply that the record has then.
local found = redis.call('HMGET', KEYS[1], 'of', 'by', 'reply')
local of, by, reply = found[1], found[2], found[3]
if not of or (of == ARGV[1] and not reply and (by == ARGV[2] or by == ARGV[4])) then
  redis.call('HSET', KEYS[1], 'of', ARGV[1], 'by', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {ARGV[1], ARGV[2], ''}
end
return {of, by or '', reply or ''}
`)

const FINISH = new Script<number>(`
-- Keeps the reply of a call that has ended, unless somebody else has claimed it since.
-- KEYS: the record
-- ARGV: the fingerprint, the claim, the reply, for how many ms
-- Returns 1 when it is kept, else 0.
local by = redis.call('HMGET', KEYS[1], 'by')[1]
if by and by ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'of', ARGV[1], 'by', ARGV[2], 'reply', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
`)

const RELEASE = new Script<number>(`
-- Gives a claim up under which nothing ran.
-- KEYS: the record
-- ARGV: the claim
local found = redis.call('HMGET', KEYS[1], 'by', 'reply')
if found[1] == ARGV[1] and not found[2] then return redis.call('DEL', KEYS[1]) end
return 0
`)

/**
 * Claims a call and returns the record: the claim succeeded if the record has this claim and no
 * reply.
 * @param abandoned the claim of a server that is gone, which may be replaced
 */
export async function claimRecord(
  redis: RedisLife,
  key: string,
  claim: { readonly of: string; readonly by: string; readonly ttlMs: number; readonly abandoned: string | undefined },
): Promise<OnceRecord> {
  const { of, by, ttlMs, abandoned = '' } = claim
  return toRecord(await CLAIM.run(redis, [key], [of, by, Math.max(ttlMs, RUNNING_MS), abandoned]))
}

/** Stores the reply; false if another server has claimed the call in the meantime. */
export async function finishRecord(redis: RedisLife, key: string, record: OnceRecord, ttlMs: number): Promise<boolean> {
  return (await FINISH.run(redis, [key], [record.of, record.by, record.reply, ttlMs])) === 1
}

/** Releases a claim under which nothing ran. */
export async function releaseRecord(redis: RedisLife, key: string, by: string): Promise<void> {
  await RELEASE.run(redis, [key], [by])
}

export async function readRecord(redis: RedisLife, key: string): Promise<OnceRecord> {
  return toRecord(await redis.hmget(key, 'of', 'by', 'reply'))
}

function toRecord([of, by, reply]: readonly (string | null)[]): OnceRecord {
  return { of: of ?? '', by: by ?? '', reply: reply ?? '' }
}

/** The server of a claim; empty if the claim is malformed. */
export function serverOfClaim(by: string): string {
  return /^([\w-]{12})\.\d{1,16}$/.exec(by)?.[1] ?? ''
}

/**
 * Identifies a method with its arguments. Compute it before decoding, which consumes the arguments.
 */
export function fingerprintOf({ method, args, kwargs, meta }: Request): string {
  return createHash('sha256')
    .update(JSON.stringify([method, args, kwargs ?? null, meta ?? null]))
    .digest('base64url')
}
