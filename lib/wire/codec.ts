/**
 * Values to JSON text and back: as plain JSON where that carries them exactly, else with superjson's `meta` beside it.
 */
import { MessageTooLargeError } from '../errors.ts'
import { type Class, Classes } from './classes.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { isPlain } from './plain.ts'
import { revive } from './revive.ts'
import { encodeRich, type RichText } from './rich.ts'

export type { Class, RichText }

/** What a codec is made of. */
export interface CodecOptions {
  /** Classes known on this end beside the built-in ones; errors among them. */
  readonly classes?: readonly Class[]
  readonly limits?: Limits
  /** Whether errors among the values carry their stacks. @defaultValue true */
  readonly exposeStacks?: boolean
}

/** Encodes and decodes the values of messages. */
export class Codec {
  readonly classes: Classes
  readonly limits: Limits
  readonly exposeStacks: boolean

  /** @throws InvalidOptionError when a class cannot be registered. */
  constructor(options: CodecOptions = {}) {
    this.classes = new Classes(options.classes)
    this.limits = options.limits ?? DEFAULT_LIMITS
    this.exposeStacks = options.exposeStacks ?? true
  }

  /**
   * The JSON text of a value; with `meta` when plain JSON would change it. The value is not modified.
   *
   * @param root - what the value is called in the path of an error: `args`, `return_value`.
   * @throws SerializationError - naming the path of what cannot be carried.
   * @throws MessageTooLargeError - nested deeper than `maxDepth`, or too long for any string.
   */
  encode(value: unknown, root: string): string | RichText {
    if (this.isPlain(value)) return this.stringify(() => JSON.stringify(value))
    return this.stringify(() =>
      encodeRich(value, root, {
        classes: this.classes,
        limits: this.limits,
        exposeStacks: this.exposeStacks,
        lenientErrors: false,
      }),
    )
  }

  /**
   * The value behind parsed JSON, which may be used up.
   * @param meta - undefined: the JSON is the value.
   * @throws ProtocolError - when `meta` does not fit.
   */
  decode(json: unknown, meta: unknown): unknown {
    return meta === undefined ? json : revive(json, meta, this.classes)
  }

  private isPlain(value: unknown): boolean {
    try {
      return isPlain(value, this.limits.maxDepth)
    } catch {
      // A getter or a proxy threw; the full walk says where.
      return false
    }
  }

  private stringify<T>(write: () => T): T {
    try {
      return write()
    } catch (error) {
      if (error instanceof RangeError) throw new MessageTooLargeError('maxMessageBytes', this.limits.maxMessageBytes)
      throw error
    }
  }
}
