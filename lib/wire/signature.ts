import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { InvalidOptionError } from '../errors.ts'

/*
 * A signed message is the message itself with one more member, the last one:
 *
 *   {"id":17,"return_value":4,"signature":"<22 characters>"}
 *
 * So it stays JSON, and is verified by its last characters, before anything is parsed. The
 * signature is the HMAC-SHA-256 of the list's name, a line feed and the message without the member,
 * cut to 128 bits, in base64url.
 */

/** 128 bits cannot be guessed, and a signature adds 38 bytes to a message. */
const MAC_BYTES = 16
const MAC_CHARACTERS = 22
const MEMBER = ',"signature":"'
const END = '"}'
const SUFFIX_CHARACTERS = MEMBER.length + MAC_CHARACTERS + END.length

/** The option `secret` of both ends of a service. */
export interface SecretOption {
  /**
   * Signs each message, and ignores messages without a valid signature; both ends need it. If there
   * are several, the first one signs, and messages signed with any of them are accepted. A secret
   * has at least 16 characters; there may be up to 8. See `docs/security.md`.
   * @defaultValue none
   */
  readonly secret?: string | readonly string[]
}

const SHORTEST_SECRET = 16
const MOST_SECRETS = 8

/**
 * Checks {@link SecretOption}; without a secret it returns an empty list. Errors never contain a
 * secret.
 * @throws InvalidOptionError
 */
export function checkSecret(options: SecretOption): readonly KeyObject[] {
  const { secret } = options
  // A missing secret, for example an unset environment variable, must not turn signing off.
  if (secret === undefined && !('secret' in options)) return []
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret]
  const accepts = `a string of at least ${SHORTEST_SECRET} characters, or 1 to ${MOST_SECRETS} of them`
  if (secrets.length === 0 || secrets.length > MOST_SECRETS) throw new InvalidOptionError('secret', accepts, secret)
  return Array.from(secrets, (each) => {
    if (typeof each !== 'string') throw new InvalidOptionError('secret', accepts, each)
    if (each.length >= SHORTEST_SECRET) return createSecretKey(each, 'utf8')
    throw new InvalidOptionError('secret', `of length ${SHORTEST_SECRET} or more`, each.length)
  })
}

/** Whether a message ends like a signed one. */
export function isSigned(text: string): boolean {
  return text.endsWith(END) && text.startsWith(MEMBER, text.length - SUFFIX_CHARACTERS)
}

/** A signed message without its signature. */
export function withoutSignature(text: string): string {
  return `${text.slice(0, -SUFFIX_CHARACTERS)}}`
}

/** Signs messages and verifies signatures. */
export class Signer {
  readonly #keys: readonly KeyObject[]
  readonly #first: KeyObject

  /** @param keys the first one signs; signatures of any are accepted */
  constructor(keys: readonly [KeyObject, ...KeyObject[]]) {
    this.#keys = keys
    this.#first = keys[0]
  }

  /**
   * Adds the signature.
   * @param list the destination of the message: in another list its signature is wrong
   * @param text of a JSON object that is not empty
   */
  sign(list: string, text: string): string {
    return `${text.slice(0, -1)}${MEMBER}${mac(this.#first, list, text)}${END}`
  }

  /** A message without its signature; undefined: that is missing or wrong. */
  verify(list: string, text: string): string | undefined {
    if (!isSigned(text)) return undefined
    const message = withoutSignature(text)
    const given = Buffer.from(text.slice(-MAC_CHARACTERS - END.length, -END.length), 'utf16le')
    for (const key of this.#keys)
      if (timingSafeEqual(given, Buffer.from(mac(key, list, message), 'utf16le'))) return message
    return undefined
  }
}

function mac(key: KeyObject, list: string, text: string): string {
  return createHmac('sha256', key).update(`${list}\n${text}`).digest().toString('base64url', 0, MAC_BYTES)
}
