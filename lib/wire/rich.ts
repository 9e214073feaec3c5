/**
 * From a value that plain JSON does not carry exactly to superjson's `{ json, meta }`; refuses what cannot be carried.
 *
 * superjson turns each value without parts into JSON and defines the notation (see `leaf.ts`). The walk over the parts
 * is ours, because superjson's own (2.2.6) cannot be relied on here: by default it loses identities
 * (`{ z: y, a: { b: x }, c: x }` with `x = { y }` arrives with `c.y !== z`) and writes a value out as often as it is
 * met, exponentially often where sharing nests; it copies the whole path for each value, drops symbol keys, functions
 * and holes without a word, and refuses the keys `constructor` and `prototype`. Here one walk checks and writes, in time
 * linear in what it writes.
 */
import { isProxy } from 'node:util/types'
import { MessageTooLargeError, SerializationError } from '../errors.ts'
import { Annotations } from './annotations.ts'
import { binaryBytes, binaryKind, binaryProblem } from './binary.ts'
import { type Classes, inherited } from './classes.ts'
import { describeError, isError } from './error-record.ts'
import { type Annotation, encodeLeaf, leafProblem } from './leaf.ts'
import type { Limits } from './limits.ts'
import { entryLabel, type Place, shownPath } from './place.ts'
import { isArrayPrototype, isObjectPrototype, whyNot } from './refusal.ts'

/** JSON text of a value, and of superjson's `meta` that tells what JSON could not. */
export interface RichText {
  readonly json: string
  readonly meta: string
}

/** What a walk needs to know. */
export interface RichOptions {
  readonly classes: Classes
  readonly limits: Limits
  /** Whether errors carry their stacks. */
  readonly exposeStacks: boolean
  /** Leave out, and list, what cannot be carried of an error, rather than refuse the whole. */
  readonly lenientErrors: boolean
}

/**
 * Encodes any value; the text alone, when plain JSON carries it after all.
 * @param root - what the value is called in error paths.
 * @throws SerializationError naming the path of what cannot be carried
 * @throws MessageTooLargeError when it nests too deep or surely takes too many bytes
 */
export function encodeRich(value: unknown, root: string, options: RichOptions): string | RichText {
  const walk = new Walk(root, options)
  const json = JSON.stringify(walk.encode(value, undefined, ''))
  const meta = walk.annotations.text()
  return meta === undefined ? json : { json, meta }
}

type Json = null | boolean | number | string | Json[] | JsonObject
interface JsonObject {
  [key: string]: Json
}

/** A value that was met, and what was written for it; nothing yet while that is going on. */
interface Met {
  readonly place: Place
  json: Json | undefined
  bytes: number
}

/**
 * Bytes spent on writing values again where they occur again, so that a reader without `meta` sees them; past that such
 * a reader sees null. One with `meta` needs neither.
 */
const MAX_REPEATED_BYTES = 65_536

class Walk {
  readonly annotations: Annotations
  private readonly root: string
  private readonly options: RichOptions
  private readonly met = new Map<object, Met>()
  /** Least bytes that the JSON written so far takes. */
  private bytes = 0
  private repeatedBytes = 0

  constructor(root: string, options: RichOptions) {
    this.root = root
    this.options = options
    this.annotations = new Annotations(options.limits.maxMessageBytes, options.lenientErrors)
  }

  /** JSON for a value that stands under `key` in `parent`. */
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
      default:
        throw this.refusal(parent, key, `a ${typeof value} cannot be carried`)
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
    const met = this.met.get(value)
    if (met !== undefined) return this.repeat(met, parent as Place, key)
    try {
      return this.newObject(value, parent, key)
    } catch (error) {
      if (error instanceof SerializationError || error instanceof MessageTooLargeError) throw error
      if (isStackOverflow(error)) throw new MessageTooLargeError('maxDepth', this.options.limits.maxDepth)
      throw this.refusal(parent, key, 'could not be read', error)
    }
  }

  /** A value met before: its first place is told, and it is written again as long as that is cheap. */
  private repeat(met: Met, parent: Place, key: string): Json {
    this.annotations.repeat(met.place, parent, key)
    if (met.json === undefined || this.repeatedBytes + met.bytes > MAX_REPEATED_BYTES) return null
    this.repeatedBytes += met.bytes
    this.count(met.bytes)
    return met.json
  }

  private newObject(value: object, parent: Place | undefined, key: string): Json {
    const prototype = Object.getPrototypeOf(value) as object | null
    if (Array.isArray(value)) {
      if (!isArrayPrototype(prototype)) throw this.refusal(parent, key, whyNot(value))
      return this.container(value, 'array', parent, key, undefined, (place) => this.array(value, place))
    }
    if (isObjectPrototype(prototype)) {
      return this.container(value, 'object', parent, key, undefined, (place) => this.properties(value, place))
    }
    if (isError(value)) {
      return this.container(value, 'error', parent, key, ['custom', 'Error'], (place) => this.error(value, place))
    }
    if (prototype === null) {
      const kind = ['custom', 'null-prototype'] as const
      return this.container(value, 'object', parent, key, kind, (place) => this.properties(value, place))
    }
    const name = this.options.classes.nameOf(prototype)
    if (name !== undefined) {
      const write = (place: Place): Json => this.properties(value, place, prototype)
      return this.container(value, 'object', parent, key, ['class', name], write)
    }
    if (isProxy(value)) throw this.refusal(parent, key, 'a Proxy cannot be carried')
    if (prototype === Map.prototype) {
      return this.container(value, 'map', parent, key, 'map', (place) =>
        this.map(value as Map<unknown, unknown>, place),
      )
    }
    if (prototype === Set.prototype) {
      return this.container(value, 'set', parent, key, 'set', (place) => this.set(value as Set<unknown>, place))
    }
    if (binaryKind(prototype) !== undefined) {
      const problem = binaryProblem(value)
      if (problem !== undefined) throw this.refusal(parent, key, problem)
      this.refuseLonger(this.bytes + (binaryBytes(value) / 3) * 4)
    } else if (prototype === Date.prototype || prototype === RegExp.prototype || prototype === URL.prototype) {
      this.refuseExtras(value, 0, parent, key)
    } else {
      throw this.refusal(parent, key, whyNot(value))
    }
    return this.container(value, 'leaf', parent, key, undefined, () => this.leaf(value, parent, key))
  }

  /** Writes an object under its place, and remembers it. */
  private container(
    value: object,
    kind: Place['kind'],
    parent: Place | undefined,
    key: string,
    annotation: Annotation | undefined,
    write: (place: Place) => Json,
  ): Json {
    const levels = kind === 'leaf' ? 0 : annotation === undefined ? 1 : 2
    const place = this.place(parent, key, kind, levels)
    const met: Met = { place, json: undefined, bytes: 0 }
    this.met.set(value, met)
    this.annotations.onTakeBack(() => this.met.delete(value))
    const ownScope = annotation !== undefined || (parent === undefined && kind !== 'leaf')
    if (ownScope) this.annotations.open(place, annotation)
    const before = this.bytes
    met.json = write(place)
    met.bytes = this.bytes - before
    if (ownScope) this.annotations.close(place)
    return met.json
  }

  private place(parent: Place | undefined, key: string, kind: Place['kind'], levels: number, label = ''): Place {
    const depth = (parent?.depth ?? 0) + levels
    const { maxDepth } = this.options.limits
    if (depth > maxDepth) throw new MessageTooLargeError('maxDepth', maxDepth)
    return { parent, key, kind, depth, label }
  }

  private array(value: readonly unknown[], place: Place): Json {
    const json: Json[] = []
    for (let i = 0; i < value.length; i++) {
      if (!Object.hasOwn(value, i)) throw this.refusal(place, String(i), 'a hole in a sparse array cannot be carried')
      json.push(this.encode(value[i], place, String(i)))
    }
    this.refuseExtras(value, value.length, place.parent, place.key)
    return json
  }

  private properties(value: object, place: Place, prototype: object | null = null): Json {
    const json: JsonObject = {}
    for (const key of Object.keys(value)) {
      if (key === '__proto__') throw this.refusal(place, key, 'a key of this name is never carried')
      if (prototype !== null && typeof inherited(prototype, key) === 'function') {
        throw this.refusal(place, key, 'hides a method of its class, which cannot be carried')
      }
      this.count(key.length + 3)
      json[key] = this.encode(this.read(value, key, place), place, key)
    }
    this.refuseSymbols(value, place.parent, place.key)
    return json
  }

  private map(value: Map<unknown, unknown>, place: Place): Json {
    const json: Json[] = []
    for (const [key, content] of Map.prototype.entries.call(value) as MapIterator<[unknown, unknown]>) {
      const entry = this.place(place, String(json.length), 'entry', 1, entryLabel(key, json.length))
      json.push([this.encode(key, entry, '0'), this.encode(content, entry, '1')])
    }
    this.refuseExtras(value, 0, place.parent, place.key)
    return json
  }

  private set(value: Set<unknown>, place: Place): Json {
    const json: Json[] = []
    for (const member of Set.prototype.values.call(value) as SetIterator<unknown>) {
      json.push(this.encode(member, place, String(json.length)))
    }
    this.refuseExtras(value, 0, place.parent, place.key)
    return json
  }

  private error(value: Error, place: Place): Json {
    const { texts, parts, fields, omitted, unreadable } = describeError(value, this.options.exposeStacks)
    const json: JsonObject = texts
    if (unreadable.length > 0) {
      if (!this.options.lenientErrors) throw this.refusal(place, unreadable[0] as string, 'reading it threw')
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

  /** One part of an error; where that is allowed, a part that cannot be carried is listed instead. */
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

  /** Own properties that an array, a Map or the like has beside its content. */
  private refuseExtras(value: object, content: number, parent: Place | undefined, key: string): void {
    const keys = Object.keys(value)
    if (keys.length > content) {
      const extra = JSON.stringify(keys.at(-1))
      throw this.refusal(parent, key, `has a property ${extra} beside its content, which cannot be carried`)
    }
    this.refuseSymbols(value, parent, key)
  }

  private refuseSymbols(value: object, parent: Place | undefined, key: string): void {
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      if (!Object.prototype.propertyIsEnumerable.call(value, symbol)) continue
      throw this.refusal(parent, key, `has a symbol for a key, ${String(symbol)}, which cannot be carried`)
    }
  }

  private count(bytes: number): void {
    this.bytes += bytes
    this.refuseLonger(this.bytes)
  }

  /** Refuses early what will be too long, before it takes the memory. */
  private refuseLonger(bytes: number): void {
    const { maxMessageBytes } = this.options.limits
    if (bytes > maxMessageBytes) throw new MessageTooLargeError('maxMessageBytes', maxMessageBytes)
  }

  private refusal(parent: Place | undefined, key: string, problem: string, cause?: unknown): SerializationError {
    const path = parent === undefined ? this.root : shownPath(parent, key, this.root)
    return new SerializationError(path, problem, cause === undefined ? undefined : { cause })
  }
}

/** The caller had used up nearly all of the stack: the depth allowed needs little of it. */
function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.startsWith('Maximum call stack')
}
