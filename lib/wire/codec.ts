/**
 * Converts values to JSON text and back: plain JSON if that represents them exactly, otherwise with
 * superjson's `meta` in addition.
 */
import { isRpcError, MessageTooLargeError } from '../errors.ts'
import { Classes, type ValueClass, type ValueClasses } from './classes.ts'
import { type Destination, Lending, type ObjectExchange } from './handle.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { Patience } from './patience.ts'
import { arePlain, isPlain } from './plain.ts'
import { revive, reviveLater } from './revive.ts'
import { encodeRich, type RichText } from './rich.ts'
import type { NumberOf, ResultOf } from './step.ts'
import { decodePlainStep, encodePlainStep } from './step-arguments.ts'
import { type ValueType, ValueTypes } from './value-types.ts'

export type { RichText, ValueClass, ValueClasses, ValueType }

/** What a codec is made of. */
export interface CodecOptions {
  /** Classes known to this end in addition to the built-in ones, including errors. */
  readonly classes?: ValueClasses
  /** Types of value that the user describes. */
  readonly types?: readonly ValueType[]
  readonly limits?: Limits
  /** Whether errors among the values include their stacks. @defaultValue true */
  readonly exposeStacks?: boolean
  /** Lends and borrows functions, references, signals and streams; without it these are refused. */
  readonly objects?: ObjectExchange
}

/**
 * Decodes the arguments of one step.
 * @param earlier - how many steps come before it.
 */
export type StepDecoder = (
  json: unknown,
  meta: unknown,
  root: string,
  earlier: number,
) => (resultOf: ResultOf) => unknown

/** Encodes and decodes the values of messages. */
export class Codec {
  readonly classes: Classes
  readonly types: ValueTypes
  readonly limits: Limits
  readonly exposeStacks: boolean
  readonly objects: ObjectExchange | undefined

  /** @throws InvalidOptionError when a class cannot be registered, or a type is not described well */
  constructor(options: CodecOptions = {}) {
    this.classes = new Classes(options.classes)
    this.types = new ValueTypes(options.types, this.classes)
    this.limits = options.limits ?? DEFAULT_LIMITS
    this.exposeStacks = options.exposeStacks ?? true
    this.objects = options.objects
  }

  /**
   * Whether an object is sent as a value, because its class is registered or its type is described.
   * If the `is` of a type throws, the object counts as a value.
   */
  isValue(object: object): boolean {
    const prototype = Object.getPrototypeOf(object) as object | null
    if (prototype !== null && this.classes.nameOf(prototype) !== undefined) return true
    try {
      return this.types.of(object) !== undefined
    } catch {
      return true
    }
  }

  /**
   * The JSON text of a value; with `meta` when plain JSON would change it. The value is not
   * modified.
   *
   * @param root - the name of the value in the paths of errors: `args`, `return_value`.
   * @param destination - the borrower of functions, references, signals and streams; undefined:
   * these are refused.
   * @throws SerializationError with the path of the value that cannot be encoded
   * @throws MessageTooLargeError when it nests deeper than `maxDepth`, or is certainly larger than
   * a message may be
   * @throws ReferenceLimitError
   */
  encode(value: unknown, root: string, destination?: Destination): string | RichText {
    try {
      return isPlain(value, this.limits.maxDepth) ? JSON.stringify(value) : this.encodeRich(value, root, destination)
    } catch (error) {
      if (isRpcError(error)) throw error
      // A getter or a proxy threw, and the full walk finds out where; or the text exceeds the
      // longest possible string.
      return this.encodeRich(value, root, destination)
    }
  }

  /**
   * {@link encode} for an array that this library made itself; a call's arguments need not be
   * looked at as an array.
   */
  encodeAll(values: readonly unknown[], root: string, destination?: Destination): string | RichText {
    try {
      return arePlain(values, this.limits.maxDepth)
        ? JSON.stringify(values)
        : this.encodeRich(values, root, destination)
    } catch (error) {
      if (isRpcError(error)) throw error
      return this.encodeRich(values, root, destination)
    }
  }

  /** {@link encodeAll} for the arguments of a step, among which may be earlier ones. */
  encodeStep(
    values: readonly unknown[],
    root: string,
    numberOf: NumberOf,
    destination?: Destination,
  ): string | RichText {
    try {
      const encoded = encodePlainStep(values, numberOf, this.limits.maxDepth)
      return encoded ?? this.encodeRich(values, root, destination, numberOf)
    } catch (error) {
      if (isRpcError(error)) throw error
      return this.encodeRich(values, root, destination, numberOf)
    }
  }

  private encodeRich(value: unknown, root: string, destination?: Destination, numberOf?: NumberOf): string | RichText {
    const { classes, types, limits, exposeStacks, objects } = this
    const lending = objects && destination && new Lending(objects, destination)
    try {
      return encodeRich(value, root, { classes, types, limits, exposeStacks, lenientErrors: false, lending, numberOf })
    } catch (error) {
      if (isRpcError(error)) throw error
      // No string is as long as these limits allow.
      throw new MessageTooLargeError('maxMessageBytes', limits.maxMessageBytes, undefined, limits.of)
    }
  }

  /**
   * Decodes a value from parsed JSON, which is consumed.
   * @param meta - undefined: the JSON is the value.
   * @param root - the name of the value in the paths of errors.
   * @param from - the sender's list, where it is known.
   * @throws ProtocolError when `meta` does not fit
   * @throws SerializationError when a described type cannot decode its value
   * @throws ReferenceLostError when something that returns was already released
   */
  decode(json: unknown, meta: unknown, root = 'value', from?: string): unknown {
    return meta === undefined ? json : revive(json, meta, root, this, from)
  }

  /**
   * {@link decode} for the arguments of the steps of one pipeline: whatever can be refused is
   * refused now, and results of earlier steps are put in later.
   * @param from - the sender's list, where it is known.
   */
  stepDecoder(from?: string): StepDecoder {
    // All steps together may take as long as one message.
    const patience = new Patience()
    return (json, meta, root, earlier) => {
      if (meta === undefined) return () => json
      return decodePlainStep(json, meta, earlier) ?? reviveLater(json, meta, root, this, { patience, from, earlier })
    }
  }
}
