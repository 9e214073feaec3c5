import { ProtocolError } from '../errors.ts'

/** The version of the protocol; a message may contain it as `v`. */
const VERSION = 1

/**
 * A message, or a part of one, as it was parsed: its fields are whatever its sender wrote. They are
 * read as `message.id`, without asking whether they are its own: no object inherits a field of
 * these names, and `Object.hasOwn` would cost each call a tenth of its parsing.
 */
export type JsonObject = Readonly<Record<string, unknown>>

/** @param what its name in errors. @throws ProtocolError */
export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw new ProtocolError(`${what} is not a JSON object`)
}

/** @throws ProtocolError when a message is of another version */
export function checkVersion(message: JsonObject): void {
  const version = message.v
  if (version !== undefined && version !== VERSION) {
    throw new ProtocolError(`version ${JSON.stringify(version)} of the protocol is not known here, only ${VERSION}`)
  }
}
