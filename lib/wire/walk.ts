/**
 * The walk over a value that plain JSON does not carry: checks every part, and writes its JSON and
 * its annotations.
 */
import { isRpcError, MessageTooLargeError, SerializationError } from '../errors.ts'
import { Annotations } from './annotations.ts'
import { base64Length } from './binary.ts'
import { type Classes, inherited } from './classes.ts'
import { describeError } from './error-record.ts'
import type { Lending, LentHandle } from './handle.ts'
import { extraProblem, type Kind, kindOf, symbolProblem } from './kind.ts'
import { encodeLeaf, leafProblem } from './leaf.ts'
import type { Limits } from './limits.ts'
import { entryLabel, type Place, shownPath } from './place.ts'
import { isStep, type NumberOf, STEP } from './step.ts'
import { encodeTyped, type ValueType, ValueTypeProblem, type ValueTypes } from './value-types.ts'

/** What a walk needs to know. */
export interface RichOptions {
  readonly classes: Classes
  readonly types: ValueTypes
  readonly limits: Limits
  /** Whether errors carry their stacks. */
  readonly exposeStacks: boolean
  /** Leave out and list the parts of an error that cannot be sent, rather than refuse the error. */
  readonly lenientErrors: boolean
  /** Lends what stays where it is; undefined: that is refused. */
  readonly lending?: Lending | undefined
  /** Numbers the steps of the pipeline that is being recorded; undefined: steps are refused. */
  readonly numberOf?: NumberOf | undefined
}

/** What `JSON.stringify` takes. */
export type Json = null | boolean | number | string | Json[] | JsonObject
interface JsonObject {
  [key: string]: Json
}

/** A value that was met, and what was written for it; nothing yet while that is going on. */
interface Met {
  readonly place: Place
  json: Json | undefined
  bytes: number
  /** Levels of nesting below its place. */
  height: number
}

/** Where a walk is, that is over what travels in the place of a value of a type that the user described. */
interface Inside {
  readonly value: object
  readonly place: Place
  /** The same of the walk around it. */
  readonly around: Inside | undefined
}

/**
 * Bytes spent on writing values again where they occur again, so that a reader without `meta` sees
 * them; past that such a reader sees null. One with `meta` needs neither.
 */
const MAX_REPEATED_BYTES = 65_536

const STEP_OUTSIDE =
  'a step of a pipeline has no value here; return it from the function given to pipe(), and await that'
const FOREIGN_STEP = 'a step of another pipeline has no value here; record both in one'
const STEP_IN_TYPE = 'a step of a pipeline cannot be in what encode() of a type returned'

/** One walk over one value. */
export class Walk {
  /** Complete when {@link encode} has returned. */
  readonly annotations: Annotations
  private readonly root: string
  private readonly options: RichOptions
  private readonly met = new Map<object, Met>()
  /** Least bytes that the JSON written so far takes. */
  private bytes = 0
  /** Depth of the deepest place in what is being written. */
  private deepest = 0
  private repeatedBytes = 0
  private readonly inside: Inside | undefined

  /** @param inside - the walk is over what travels in the place of a value. */
  constructor(root: string, options: RichOptions, inside?: Inside) {
    this.root = root
    this.options = options
    this.inside = inside
    this.annotations = new Annotations(options.limits, options.lenientErrors, inside?.place)
  }

  /** JSON for the value with `key` in `parent`. */
  encode(value: unknown, parent: Place | undefined, key: string): Json {
    switch (typeof value) {
      case 'string':
        this.count(value.length + 2)
        return value
      case 'boolean':
        this.count(4)
        return value
      case 'number':
        if (value - value !== 0 || (value === 0 && 1 / value < 0)) return this.leaf(value, parent, key)
        this.count(1)
        return value
      case 'undefined':
      case 'bigint':
        return this.leaf(value, parent, key)
      case 'object':
        return value === null ? value : this.object(value, parent, key)
      case 'function':
        return this.object(value, parent, key)
      default:
        throw this.refusal(parent, key, 'a symbol cannot be sent; send its description')
    }
  }

  private leaf(value: unknown, parent: Place | undefined, key: string): Json {
    const { json, annotation } = encodeLeaf(value)
    const problem = leafProblem(json, annotation)
    if (problem !== undefined) throw this.refusal(parent, key, problem)
    this.count((json?.length ?? 2) + 2)
    this.annotations.note(parent, key, annotation)
    return json
  }

  private object(value: object, parent: Place | undefined, key: string): Json {
    if (isStep(value)) return this.step(value, parent, key)
    const met = this.met.get(value)
    if (met !== undefined) return this.repeat(met, parent as Place, key)
    try {
      const { classes, types, lending } = this.options
      const kind = kindOf(value, classes, types, lending)
      if (typeof kind === 'string') throw this.refusal(parent, key, kind)
      return this.newObject(value, kind, parent, key)
    } catch (error) {
      if (isRpcError(error)) throw error
      if (isStackOverflow(error)) throw this.tooDeep()
      if (error instanceof ValueTypeProblem) throw this.refusal(parent, key, error.message, error.cause)
      throw this.refusal(parent, key, 'could not be read', error)
    }
  }

  /** The result of an earlier step, which is there already when this arrives. */
  private step(value: object, parent: Place | undefined, key: string): Json {
    const { numberOf } = this.options
    if (numberOf === undefined) throw this.refusal(parent, key, STEP_OUTSIDE)
    if (this.inside !== undefined) throw this.refusal(parent, key, STEP_IN_TYPE)
    const number = numberOf(value)
    if (number === undefined) throw this.refusal(parent, key, FOREIGN_STEP)
    this.count(2)
    this.annotations.note(parent, key, ['custom', STEP])
    return number
  }

  /**
   * A value that occurred before: its first place is recorded, and it is written again as long as
   * that is cheap.
   */
  private repeat(met: Met, parent: Place, key: string): Json {
    this.annotations.repeat(met.place, parent, key)
    const deepest = parent.depth + 2 + met.height
    if (met.json === undefined || deepest > this.options.limits.maxDepth) return null
    if (this.repeatedBytes + met.bytes > MAX_REPEATED_BYTES) return null
    this.repeatedBytes += met.bytes
    this.count(met.bytes)
    this.deepest = Math.max(this.deepest, deepest)
    return met.json
  }

  /** Writes an object under its place, and remembers it. */
  private newObject(value: object, kind: Kind, parent: Place | undefined, key: string): Json {
    const { form, annotation } = kind
    const { bytes, deepest } = this
    const place = this.place(parent, key, form, form === 'leaf' ? 0 : annotation === undefined ? 1 : 2)
    const met: Met = { place, json: undefined, bytes: 0, height: 0 }
    this.met.set(value, met)
    this.annotations.onTakeBack(() => this.met.delete(value))
    const isTop = parent === this.inside?.place
    const hasOwnPaths =
      form !== 'typed' && form !== 'handle' && (annotation !== undefined || (isTop && form !== 'leaf'))
    if (hasOwnPaths) this.annotations.open(place, annotation)
    this.deepest = place.depth
    met.json = this.write(value, kind, place)
    met.bytes = this.bytes - bytes
    met.height = this.deepest - place.depth
    this.deepest = Math.max(this.deepest, deepest)
    if (hasOwnPaths) this.annotations.close(place)
    return met.json
  }

  private place(parent: Place | undefined, key: string, kind: Place['kind'], levels: number, label = ''): Place {
    const depth = (parent?.depth ?? 0) + levels
    if (depth > this.options.limits.maxDepth) throw this.tooDeep()
    this.deepest = Math.max(this.deepest, depth)
    return { parent, key, kind, depth, label }
  }

  private write(value: object, { form, prototype, type, lent }: Kind, place: Place): Json {
    switch (form) {
      case 'array':
        return this.array(value as unknown[], place)
      case 'object':
        return this.properties(value, place, prototype)
      case 'map':
        return this.map(value as Map<unknown, unknown>, place)
      case 'set':
        return this.set(value as Set<unknown>, place)
      case 'error':
        return this.error(value as Error, place)
      case 'typed':
        return this.typed(value, type as ValueType, place)
      case 'handle':
        return this.handle(lent as LentHandle, place)
      case 'leaf':
        this.refuseLonger(this.bytes + base64Length(value))
        return this.leaf(value, place.parent, place.key)
    }
  }

  private array(value: readonly unknown[], place: Place): Json {
    const json: Json[] = []
    for (let i = 0; i < value.length; i++) {
      if (!Object.hasOwn(value, i)) throw this.refusal(place, String(i), 'a hole in a sparse array cannot be sent')
      json.push(this.encode(value[i], place, String(i)))
    }
    this.refuse(place, extraProblem(value, value.length))
    return json
  }

  private properties(value: object, place: Place, prototype: object | undefined): Json {
    const json: JsonObject = {}
    for (const key of Object.keys(value)) {
      if (key === '__proto__') throw this.refusal(place, key, 'a key of this name is never carried')
      if (prototype !== undefined && typeof inherited(prototype, key) === 'function') {
        throw this.refusal(place, key, 'hides a method of its class, which cannot be sent')
      }
      this.count(key.length + 3)
      json[key] = this.encode(this.read(value, key, place), place, key)
    }
    this.refuse(place, symbolProblem(value))
    return json
  }

  private map(value: Map<unknown, unknown>, place: Place): Json {
    const json: Json[] = []
    for (const [key, content] of Map.prototype.entries.call(value) as MapIterator<[unknown, unknown]>) {
      const entry = this.place(place, String(json.length), 'entry', 1, entryLabel(key, json.length))
      json.push([this.encode(key, entry, '0'), this.encode(content, entry, '1')])
    }
    this.refuse(place, extraProblem(value, 0))
    return json
  }

  private set(value: Set<unknown>, place: Place): Json {
    const json: Json[] = []
    for (const member of Set.prototype.values.call(value) as SetIterator<unknown>) {
      json.push(this.encode(member, place, String(json.length)))
    }
    this.refuse(place, extraProblem(value, 0))
    return json
  }

  private error(value: Error, place: Place): Json {
    const { classes, exposeStacks } = this.options
    const { texts, parts, fields, omitted, unreadable } = describeError(value, classes, exposeStacks)
    const json: JsonObject = texts
    if (unreadable.length > 0) {
      if (!this.options.lenientErrors) throw this.refusal(place, unreadable[0] as string, 'could not be read')
      omitted.push(...unreadable)
    }
    for (const text of Object.values(texts)) this.count(text.length)
    for (const [name, part] of parts) this.part(json, place, name, part, omitted)
    if (fields.length > 0) {
      const inside: JsonObject = {}
      const fieldsPlace = this.place(place, 'fields', 'fields', 1)
      for (const [name, field] of fields) this.part(inside, fieldsPlace, name, field, omitted)
      if (Object.keys(inside).length > 0) json.fields = inside
    }
    if (omitted.length > 0) json.omitted = omitted
    return json
  }

  /**
   * What travels in the place of a value, as a whole of its own: what it shares with the rest
   * arrives twice. The value cannot be in there again, since it is only made once all of that has
   * arrived.
   */
  private typed(value: object, type: ValueType, place: Place): Json {
    const name = JSON.stringify(type.name)
    for (let at = this.inside; at !== undefined; at = at.around) {
      if (at.value !== value) continue
      throw this.refusal(place.parent, place.key, `is in what encode() of the type ${name} returned for it`)
    }
    const encoded = encodeTyped(type, value)
    const walk = new Walk(this.root, this.options, { value, place, around: this.inside })
    walk.bytes = this.bytes
    const json = walk.encode(encoded, place, '')
    this.bytes = walk.bytes
    this.deepest = Math.max(this.deepest, walk.deepest)
    this.annotations.typed(place.parent, place.key, ['custom', type.name], walk.annotations)
    return json
  }

  private handle({ kind, handle }: LentHandle, place: Place): Json {
    this.count(JSON.stringify(handle).length)
    this.annotations.note(place.parent, place.key, ['custom', kind])
    return handle as unknown as Json
  }

  /** One part of an error. With `lenientErrors`, a part that cannot be sent is only listed. */
  private part(json: JsonObject, place: Place, name: string, value: unknown, omitted: string[]): void {
    const mark = this.annotations.mark()
    const { bytes } = this
    try {
      json[name] = this.encode(value, place, name)
    } catch (error) {
      if (!this.options.lenientErrors) throw error
      this.annotations.takeBack(mark)
      this.bytes = bytes
      omitted.push(name)
    }
  }

  private read(value: object, key: string, place: Place): unknown {
    try {
      return (value as Record<string, unknown>)[key]
    } catch (error) {
      if (isStackOverflow(error)) throw error
      throw this.refusal(place, key, 'reading it threw', error)
    }
  }

  private count(bytes: number): void {
    this.bytes += bytes
    this.refuseLonger(this.bytes)
  }

  /** Refuses early what will be too long, before it takes the memory. */
  private refuseLonger(bytes: number): void {
    const { maxMessageBytes, of } = this.options.limits
    if (bytes > maxMessageBytes) throw new MessageTooLargeError('maxMessageBytes', maxMessageBytes, bytes, of)
  }

  private tooDeep(): MessageTooLargeError {
    const { maxDepth, of } = this.options.limits
    return new MessageTooLargeError('maxDepth', maxDepth, undefined, of)
  }

  private refuse(place: Place, problem: string | undefined): void {
    if (problem !== undefined) throw this.refusal(place.parent, place.key, problem)
  }

  private refusal(parent: Place | undefined, key: string, problem: string, cause?: unknown): SerializationError {
    const path = parent === undefined ? this.root : shownPath(parent, key, this.root)
    return new SerializationError(path, problem, cause === undefined ? undefined : { cause }, this.options.limits.of)
  }
}

/** The caller had used up nearly all of the stack: the depth allowed needs little of it. */
function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.startsWith('Maximum call stack')
}
