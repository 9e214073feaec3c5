import { InvalidOptionError } from '../errors.ts'
import { MOST_METADATA } from '../wire/message.ts'

/** What may travel with a call. @throws InvalidOptionError */
export function checkMetadata(metadata: unknown): Readonly<Record<string, string>> {
  const accepts = `an object of strings, ${MOST_METADATA} characters in all at most`
  if (typeof metadata !== 'object' || metadata === null) throw new InvalidOptionError('metadata', accepts, metadata)
  const entries = Object.entries(metadata)
  const characters = entries.reduce((sum, [key, text]) => sum + key.length + String(text).length, 0)
  if (characters > MOST_METADATA || entries.some(([key, text]) => typeof text !== 'string' || key === '__proto__'))
    throw new InvalidOptionError('metadata', accepts, metadata)
  return Object.fromEntries(entries)
}
