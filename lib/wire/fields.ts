import { ProtocolError } from '../errors.ts'

/** The version of the protocol; a message may say so in `v`. */
const VERSION = 1

/** A message, or a part of one, as it was parsed: its fields are whatever its sender wrote. */
export type JsonObject = Readonly<Record<string, unknown>>

/** @param what how errors name it. @throws ProtocolError */
export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw new ProtocolError(`${what} is not a JSON object`)
}

/** A message's own field; never what its prototype has under that name. */
export function own(message: JsonObject, field: string): unknown {
  return Object.hasOwn(message, field) ? message[field] : undefined
}

/** @throws ProtocolError when a message is of another version */
export function checkVersion(message: JsonObject): void {
  const version = own(message, 'v')
  if (version !== undefined && version !== VERSION) {
    throw new ProtocolError(`version ${JSON.stringify(version)} of the protocol is not known here, only ${VERSION}`)
  }
}
