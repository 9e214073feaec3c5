/**
 * From a value that plain JSON does not carry exactly to superjson's `{ json, meta }`; refuses what cannot be carried.
 *
 * superjson turns each value without parts into JSON and defines the notation (see `leaf.ts`). The walk over the parts
 * is ours, because superjson's own (2.2.6) cannot be relied on here: by default it loses identities
 * (`{ z: y, a: { b: x }, c: x }` with `x = { y }` arrives with `c.y !== z`) and writes a value out as often as it is
 * met, exponentially often in a graph of sharing; it copies the whole path for each value, drops symbol keys, functions
 * and holes without a word, and refuses the keys `constructor` and `prototype`. One walk here checks and writes,
 * in time linear in what it writes.
 */
import { isProxy } from 'node:util/types'
import { MessageTooLargeError, SerializationError } from '../errors.ts'
import { binaryKind, binaryProblem } from './binary.ts'
import type { Classes } from './classes.ts'
import { describeError, isError } from './error-record.ts'
import { type Annotation, encodeLeaf, MAX_BIGINT_DIGITS } from './leaf.ts'
import type { Limits } from './limits.ts'
import { escapeSegment, memberPath } from './path.ts'

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
 * Encodes any value.
 * @param root - what the value is called in error paths.
 * @throws SerializationError - naming the path of what cannot be carried.
 * @throws MessageTooLargeError - nested too deep, a cycle through getters included.
 */
export function encodeRich(value: unknown, root: string, options: RichOptions): string | RichText {
  const walk = new Walk(root, options)
  const json = JSON.stringify(walk.encode(value, undefined, ''))
  const meta = walk.meta()
  return meta === undefined ? json : { json, meta: JSON.stringify(meta) }
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Tree = readonly [Annotation] | readonly [Annotation, Notes] | Notes
interface Notes {
  [path: string]: Tree
}

/** An array or object of the JSON that is being written, and what it stands for. */
interface Place {
  /** None: the root. */
  readonly parent: Place | undefined
  /** Key in the parent's JSON. */
  readonly key: string
  readonly kind: 'array' | 'object' | 'set' | 'map' | 'entry' | 'error' | 'fields' | 'leaf'
  readonly depth: number
  /** Annotations of what is inside, by path from here; only where those start anew. */
  readonly notes: Notes | undefined
  /** Display of the key, on entries of maps. */
  readonly label?: string
  /** What was written for it; undefined while that is going on. */
  json?: Json
  weight?: number
}

/**
 * Characters written again for values that occur more than once, so that a reader without `meta` sees them wherever they
 * stand; past that it sees null. Readers with `meta` need none of it.
 */
const REPEATED_CHARACTERS = 65_536

class Walk {
  private readonly root: string
  private readonly options: RichOptions
  private readonly places = new Map<object, Place>()
  private readonly repeats = new Map<Place, string[]>()
  private rootTree: Tree | undefined
  /** Ways back to where a part of an error was begun that turned out not to be carried. */
  private readonly undo: (() => void)[] = []
  /** Characters of JSON so far, roughly. */
  private written = 0
  private repeated = 0
  private noted = 0

  constructor(root: string, options: RichOptions) {
    this.root = root
    this.options = options
  }

  meta(): object | undefined {
    const values = this.rootTree
    const equalities = this.equalities()
    if (values === undefined && equalities === undefined) return undefined
    return {
      ...(values !== undefined && { values }),
      ...(equalities !== undefined && { referentialEqualities: equalities }),
      v: 1,
    }
  }

  private equalities(): unknown {
    if (this.repeats.size === 0) return undefined
    let ofRoot: string[] | undefined
    const others: Record<string, string[]> = Object.create(null)
    let any = false
    for (const [place, paths] of this.repeats) {
      if (place.parent === undefined) {
        ofRoot = paths
      } else {
        others[pathOf(place.parent, place.key)] = paths
        any = true
      }
    }
    if (ofRoot === undefined) return others
    return any ? [ofRoot, others] : [ofRoot]
  }

  encode(value: unknown, parent: Place | undefined, key: string): Json {
    switch (typeof value) {
      case 'string':
        this.written += value.length + 3
        return value
      case 'boolean':
        this.written += 6
        return value
      case 'number':
        this.written += 2
        if (value - value === 0 && (value !== 0 || 1 / value > 0)) return value
        return this.leaf(value, parent, key)
      case 'undefined':
        this.written += 5
        return this.leaf(value, parent, key)
      case 'bigint':
        if (value.toString(16).length > MAX_BIGINT_DIGITS) {
          throw this.refusal(parent, key, `a bigint of more than ${MAX_BIGINT_DIGITS} digits is not carried`)
        }
        return this.leaf(value, parent, key)
      case 'object':
        if (value === null) {
          this.written += 5
          return null
        }
        return this.object(value, parent, key)
      default:
        throw this.refusal(parent, key, `a ${typeof value} cannot be carried`)
    }
  }

  private leaf(value: unknown, parent: Place | undefined, key: string): Json {
    const { json, annotation } = encodeLeaf(value)
    this.written += json === null ? 5 : json.length + 3
    this.note(parent, key, [annotation])
    return json
  }

  private object(value: object, parent: Place | undefined, key: string): Json {
    const met = this.places.get(value)
    if (met !== undefined) return this.repeat(met, parent, key)
    try {
      return this.newObject(value, parent, key)
    } catch (error) {
      if (error instanceof SerializationError || error instanceof MessageTooLargeError) throw error
      throw this.refusal(parent, key, 'could not be read', error)
    }
  }

  private newObject(value: object, parent: Place | undefined, key: string): Json {
    if (isError(value)) return this.error(value, parent, key)
    const prototype = Object.getPrototypeOf(value) as object | null
    if (Array.isArray(value)) {
      if (prototype !== Array.prototype && !isForeign(prototype, 'Array'))
        throw this.refusal(parent, key, unknownClass(value))
      return this.array(value, this.enter(value, 'array', parent, key))
    }
    if (prototype === Object.prototype || isForeign(prototype, 'Object')) {
      return this.properties(value, this.enter(value, 'object', parent, key))
    }
    if (prototype === null) {
      return this.properties(value, this.enter(value, 'object', parent, key, ['custom', 'null-prototype']))
    }
    const registered = this.options.classes.nameOf(prototype)
    if (registered !== undefined) {
      return this.properties(value, this.enter(value, 'object', parent, key, ['class', registered]))
    }
    if (isProxy(value)) throw this.refusal(parent, key, 'a Proxy cannot be carried')
    if (prototype === Map.prototype) return this.map(value as Map<unknown, unknown>, parent, key)
    if (prototype === Set.prototype) return this.set(value as Set<unknown>, parent, key)
    return this.objectLeaf(value, prototype, parent, key)
  }

  private objectLeaf(value: object, prototype: object, parent: Place | undefined, key: string): Json {
    if (binaryKind(prototype) !== undefined) {
      const problem = binaryProblem(value)
      if (problem !== undefined) throw this.refusal(parent, key, problem)
    } else if (prototype === Date.prototype || prototype === RegExp.prototype || prototype === URL.prototype) {
      this.refuseExtras(value, 0, parent, key)
    } else {
      throw this.refusal(parent, key, unknownClass(value))
    }
    const before = this.written
    const place = this.enter(value, 'leaf', parent, key)
    const json = this.leaf(value, parent, key)
    return this.leave(place, json, before)
  }

  private array(value: readonly unknown[], place: Place): Json {
    const before = this.written
    const json: Json[] = []
    for (let i = 0; i < value.length; i++) {
      if (!Object.hasOwn(value, i)) throw this.refusal(place, String(i), 'a hole in a sparse array cannot be carried')
      json.push(this.encode(value[i], place, String(i)))
    }
    this.refuseExtras(value, value.length, place.parent, place.key)
    return this.leave(place, json, before)
  }

  private properties(value: object, place: Place): Json {
    const before = this.written
    const json: { [key: string]: Json } = {}
    for (const key of Object.keys(value)) {
      if (key === '__proto__') throw this.refusal(place, key, 'a key of this name is never carried')
      this.written += key.length + 3
      json[key] = this.encode(this.read(value, key, place), place, key)
    }
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      if (Object.prototype.propertyIsEnumerable.call(value, symbol)) {
        throw this.refusal(place.parent, place.key, `a key that is a symbol, ${String(symbol)}, cannot be carried`)
      }
    }
    return this.leave(place, json, before)
  }

  private map(value: Map<unknown, unknown>, parent: Place | undefined, key: string): Json {
    const before = this.written
    const place = this.enter(value, 'map', parent, key, 'map')
    this.refuseExtras(value, 0, parent, key)
    const json: Json[] = []
    for (const [entryKey, entryValue] of Map.prototype.entries.call(value) as MapIterator<[unknown, unknown]>) {
      const entry: Place = {
        parent: place,
        key: String(json.length),
        kind: 'entry',
        depth: place.depth + 1,
        notes: undefined,
        label: typeof entryKey === 'string' ? memberPath('', entryKey) : String(json.length),
      }
      json.push([this.encode(entryKey, entry, '0'), this.encode(entryValue, entry, '1')])
    }
    return this.leave(place, json, before)
  }

  private set(value: Set<unknown>, parent: Place | undefined, key: string): Json {
    const before = this.written
    const place = this.enter(value, 'set', parent, key, 'set')
    this.refuseExtras(value, 0, parent, key)
    const json: Json[] = []
    for (const member of Set.prototype.values.call(value) as SetIterator<unknown>) {
      json.push(this.encode(member, place, String(json.length)))
    }
    return this.leave(place, json, before)
  }

  private error(value: Error, parent: Place | undefined, key: string): Json {
    const before = this.written
    const place = this.enter(value, 'error', parent, key, ['custom', 'Error'])
    const { parts, fields, omitted, ...record } = describeError(value, this.options.exposeStacks)
    const json: { [key: string]: Json } = record
    this.written += record.message.length + record.name.length + (record.stack?.length ?? 0) + 32
    for (const [name, part] of parts) this.part(json, place, name, part, omitted)
    if (fields.length > 0) {
      const inside: { [key: string]: Json } = {}
      const fieldsPlace: Place = {
        parent: place,
        key: 'fields',
        kind: 'fields',
        depth: place.depth + 1,
        notes: undefined,
      }
      for (const [name, field] of fields) this.part(inside, fieldsPlace, name, field, omitted)
      json.fields = inside
    }
    if (omitted.length > 0) {
      if (!this.options.lenientErrors) throw this.refusal(place, omitted[0] as string, 'could not be read')
      json.omitted = omitted
    }
    return this.leave(place, json, before)
  }

  /** One part of an error; where allowed, a part that cannot be carried is listed instead. */
  private part(json: { [key: string]: Json }, place: Place, name: string, value: unknown, omitted: string[]): void {
    const mark = this.undo.length
    try {
      json[name] = this.encode(value, place, name)
    } catch (error) {
      if (!this.options.lenientErrors) throw error
      while (this.undo.length > mark) this.undo.pop()?.()
      omitted.push(name)
    }
  }

  private enter(value: object, kind: Place['kind'], parent: Place | undefined, key: string, type?: Annotation): Place {
    const depth = (parent?.depth ?? 0) + (type === undefined ? (kind === 'leaf' ? 0 : 1) : 2)
    const { maxDepth } = this.options.limits
    if (depth > maxDepth) throw new MessageTooLargeError('maxDepth', maxDepth)
    const fresh = type !== undefined || parent === undefined
    const place: Place = { parent, key, kind, depth, notes: fresh ? (Object.create(null) as Notes) : undefined }
    this.places.set(value, place)
    if (this.options.lenientErrors) this.undo.push(() => this.places.delete(value))
    if (type !== undefined) this.types.set(place, type)
    return place
  }

  private readonly types = new Map<Place, Annotation>()

  private leave(place: Place, json: Json, before: number): Json {
    place.json = json
    place.weight = this.written - before
    const { notes } = place
    if (notes === undefined) return json
    const type = this.types.get(place)
    const inside = isEmpty(notes) ? undefined : notes
    if (type !== undefined) {
      this.note(place.parent, place.key, inside === undefined ? [type] : [type, inside])
    } else if (inside !== undefined && place.kind !== 'leaf') {
      this.rootTree = inside
    }
    return json
  }

  /** A value met before: its first place is told, and what stands there may be written again. */
  private repeat(first: Place, parent: Place | undefined, key: string): Json {
    const path = parent === undefined ? '' : pathOf(parent, key)
    this.countNote(path.length)
    const paths = this.repeats.get(first)
    if (paths === undefined) this.repeats.set(first, [path])
    else paths.push(path)
    if (this.options.lenientErrors) {
      this.undo.push(() => {
        if (paths === undefined) this.repeats.delete(first)
        else paths.pop()
      })
    }
    if (first.json === undefined || this.repeated + (first.weight as number) > REPEATED_CHARACTERS) return null
    this.repeated += first.weight as number
    this.written += first.weight as number
    return first.json
  }

  /** Writes an annotation into the nearest place around that has its own. */
  private note(parent: Place | undefined, key: string, tree: Tree): void {
    if (parent === undefined) {
      this.rootTree = tree
      return
    }
    let path = escapeSegment(key)
    let at = parent
    while (at.notes === undefined) {
      path = `${escapeSegment(at.key)}.${path}`
      at = at.parent as Place
    }
    this.countNote(path.length)
    const { notes } = at
    notes[path] = tree
    if (this.options.lenientErrors) this.undo.push(() => delete notes[path])
  }

  /** Paths grow with depth: refuse before they take more memory than the message may. */
  private countNote(length: number): void {
    this.noted += length
    const { maxMessageBytes } = this.options.limits
    if (this.noted > maxMessageBytes) throw new MessageTooLargeError('maxMessageBytes', maxMessageBytes)
  }

  private read(value: object, key: string, place: Place): unknown {
    try {
      return (value as Record<string, unknown>)[key]
    } catch (error) {
      throw this.refusal(place, key, 'reading it threw', error)
    }
  }

  /** Own properties that an array, a Map or the like has beside its content. */
  private refuseExtras(value: object, content: number, parent: Place | undefined, key: string): void {
    const keys = Object.keys(value)
    if (keys.length > content) {
      throw this.refusal(
        parent,
        key,
        `has a property ${JSON.stringify(keys.at(-1))} beside its content, which cannot be carried`,
      )
    }
    if (
      Object.getOwnPropertySymbols(value).some((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol))
    ) {
      throw this.refusal(parent, key, 'has a key that is a symbol, which cannot be carried')
    }
  }

  private refusal(parent: Place | undefined, key: string, problem: string, cause?: unknown): SerializationError {
    const path = parent === undefined ? this.root : this.shown(parent, key)
    return new SerializationError(path, problem, cause === undefined ? undefined : { cause })
  }

  /** Where in the value a key of a place is, for people. */
  private shown(place: Place, key: string): string {
    const base = place.parent === undefined ? this.root : this.shown(place.parent, place.key)
    switch (place.kind) {
      case 'array':
        return `${base}[${key}]`
      case 'set':
        return `${base}.values()[${key}]`
      case 'map':
        return base
      case 'entry':
        return key === '0' ? `${base}.keys()[${place.key}]` : `${base}.get(${place.label})`
      default:
        return place.kind === 'error' && key === 'fields' ? base : memberPath(base, key)
    }
  }
}

/** Annotation path of a key in a place, from the root. */
function pathOf(parent: Place, key: string): string {
  let path = escapeSegment(key)
  for (let at = parent; at.parent !== undefined; at = at.parent) path = `${escapeSegment(at.key)}.${path}`
  return path
}

/** Whether this is `Object.prototype` or `Array.prototype` of another realm, such as a `vm` context's. */
function isForeign(prototype: object | null, name: 'Object' | 'Array'): boolean {
  if (prototype === null || !Object.hasOwn(prototype, 'constructor')) return false
  const above = Object.getPrototypeOf(prototype) as object | null
  if (name === 'Object' ? above !== null : !Array.isArray(prototype)) return false
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  return typeof maker === 'function' && maker.name === name && maker.prototype === prototype
}

function unknownClass(value: object): string {
  if (value instanceof Promise) return 'a promise cannot be carried; await it first'
  const maker: unknown = value.constructor
  const name = typeof maker === 'function' && maker.name !== '' ? maker.name : 'an unnamed class'
  const hint = typeof (value as { toJSON?: unknown }).toJSON === 'function' ? ', such as what its toJSON() gives' : ''
  return `an instance of ${name} cannot be carried; send plain data${hint}, or list the class in the option "classes" on both ends`
}

function isEmpty(notes: Notes): boolean {
  for (const _ in notes) return false
  return true
}
