import { InvalidOptionError } from '../errors.ts'
import { isObject } from '../util/is-object.ts'
import { wholeNumber } from '../util/options.ts'
import type { ValueClasses, ValueType } from './codec.ts'
import { DEFAULT_LIMITS } from './limits.ts'

/** Options of everything that reads and writes messages. */
export interface MessageOptions {
  /** Largest message that is accepted or sent, in bytes of UTF-8. @defaultValue 16 MiB */
  readonly maxMessageBytes?: number
  /**
   * Deepest nesting of arrays and objects in a message that is accepted or sent. See
   * `docs/protocol.md` for the default.
   */
  readonly maxDepth?: number
  /**
   * Classes, including errors, whose instances may be sent: `[Money]`, or `{ Money }` if a bundler
   * may rename classes. See `docs/values.md`.
   */
  readonly classes?: ValueClasses
  /** Other types of values, whose encoding you describe; see `docs/types.md`. */
  readonly types?: readonly ValueType[]
}

/** Checks {@link MessageOptions} and fills in the defaults. @throws InvalidOptionError */
export function checkMessageOptions(options: MessageOptions): Required<MessageOptions> {
  const classes = options.classes ?? []
  if (!isObject(classes) || !Object.values(classes).every((value) => typeof value === 'function')) {
    throw new InvalidOptionError('classes', 'an array of classes, or an object that names them', options.classes)
  }
  const types = options.types ?? []
  if (!Array.isArray(types)) throw new InvalidOptionError('types', 'an array of descriptions of types', types)
  return {
    maxMessageBytes: wholeNumber('maxMessageBytes', options.maxMessageBytes, DEFAULT_LIMITS.maxMessageBytes, 1),
    maxDepth: wholeNumber('maxDepth', options.maxDepth, DEFAULT_LIMITS.maxDepth, 1, DEFAULT_LIMITS.maxDepth),
    classes,
    types,
  }
}
