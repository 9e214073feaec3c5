/**
 * From parsed `json` and `meta` back to the value: one pass over the annotations, in time linear in
 * their length.
 *
 * This is not left to superjson (2.2.6), since anyone who can write to Redis chooses the content:
 * its own decoding takes quadratic time for Maps and Sets, changes the order of a Set it patches,
 * follows paths into inherited properties and lets `registerClass` copy a key `__proto__` onto an
 * instance. Here a path leads through own properties of parsed JSON only, creates none, and nothing
 * of the value runs. Tests hold that both decode alike what we encode.
 */
import { ProtocolError, SerializationError } from '../errors.ts'
import { type Classes, inherited } from './classes.ts'
import { declineRest } from './decline-rest.ts'
import { fillError, makeError } from './error-record.ts'
import { type HandleKind, isHandleKind, type ObjectExchange, readHandle } from './handle.ts'
import { decodeCustomLeaf, decodeLeaf, REFUSED } from './leaf.ts'
import type { Limits } from './limits.ts'
import { Patience } from './patience.ts'
import { jsonPath } from './place.ts'
import { type Container, isJsonObject, malformed, RevivedPlaces } from './revived-places.ts'
import { shown } from './shown.ts'
import { type ResultOf, STEP } from './step.ts'
import { decodeTyped, mayBeTypeName, type ValueType, type ValueTypes } from './value-types.ts'

/** What one end knows by name. */
export interface Known {
  readonly classes: Classes
  readonly types: ValueTypes
  readonly limits: Limits
  readonly objects?: ObjectExchange | undefined
}

/**
 * Applies `meta` to `json`, which is used up.
 * @param root - what the value is called in error paths.
 * @throws ProtocolError when `meta` is not what an end of ours writes for this `json`.
 * @throws SerializationError when a type that the user described refuses what came
 */
export function revive(json: unknown, meta: unknown, root: string, known: Known, from?: string): unknown {
  if (!isJsonObject(meta) || meta.v !== 1) throw new ProtocolError('meta is not of a version that is known here')
  const revival = new Revival(root, known, new Patience(), from)
  const apply = () => revival.apply(json, own(meta, 'values'), own(meta, 'referentialEqualities'))
  return known.objects === undefined ? apply() : known.objects.together(apply)
}

/** What {@link reviveLater} allows. */
export interface StepOptions {
  /** Shared by all that is decoded of one message. */
  readonly patience: Patience
  /** The sender's list, where it is known. */
  readonly from: string | undefined
  /** How many steps of the pipeline come before: their results may be among the values. */
  readonly earlier: number
}

/**
 * {@link revive} for values that hold results of earlier steps. What is wrong with `meta` shows
 * now; what this returns puts the results in and gives the value.
 * @throws ProtocolError also when it names a step that does not come before
 */
export function reviveLater(
  json: unknown,
  meta: unknown,
  root: string,
  known: Known,
  { patience, from, earlier }: StepOptions,
): (resultOf: ResultOf) => unknown {
  if (!isJsonObject(meta) || meta.v !== 1) throw new ProtocolError('meta is not of a version that is known here')
  const revival = new Revival(root, known, patience, from, earlier)
  return revival.begin(json, own(meta, 'values'), own(meta, 'referentialEqualities'))
}

/** Marks the place in parsed JSON that the result of a step will take. */
class StepMark {
  readonly step: number

  constructor(step: number) {
    this.step = step
  }
}

/** A key of parsed JSON, and the step whose result belongs there. */
interface Slot {
  readonly container: Record<string, unknown>
  readonly key: string
  readonly step: number
}

class Revival {
  private readonly root: string
  private readonly known: Known
  /** Annotation paths to what is being revived. */
  private readonly paths: string[] = []
  private readonly places = new RevivedPlaces()
  private readonly fills: (() => void)[] = []
  private readonly patience: Patience
  private readonly from: string | undefined
  /** How many steps come before; undefined: none are known here. */
  private readonly earlier: number | undefined
  private readonly slots: Slot[] = []

  constructor(root: string, known: Known, patience: Patience, from: string | undefined, earlier?: number) {
    this.root = root
    this.known = known
    this.patience = patience
    this.from = from
    this.earlier = earlier
  }

  apply(json: unknown, values: unknown, equalities: unknown): unknown {
    const root = this.place(json, values, equalities)
    this.fill()
    return root
  }

  /** {@link apply}, where results of steps are put in before the objects are filled. */
  begin(json: unknown, values: unknown, equalities: unknown): (resultOf: ResultOf) => unknown {
    const root = this.place(json, values, equalities)
    if (root instanceof StepMark) throw malformed('values')
    if (this.slots.length === 0) {
      this.fill()
      return () => root
    }
    return (resultOf) => {
      for (const { container, key, step } of this.slots) container[key] = resultOf(step)
      this.fill()
      return root
    }
  }

  private place(json: unknown, values: unknown, equalities: unknown): unknown {
    try {
      const root = values === undefined ? json : this.annotated(json, values)
      if (equalities !== undefined) this.equate(root, equalities)
      return root
    } catch (error) {
      const { objects } = this.known
      if (objects !== undefined) declineRest(json, values, this.places, (handle) => objects.decline(handle, this.from))
      throw error
    }
  }

  private fill(): void {
    for (const fill of this.fills) fill()
  }

  /** Decodes the value of `json` with an annotation tree. */
  private annotated(json: unknown, tree: unknown): unknown {
    if (!Array.isArray(tree)) {
      this.within(json, tree)
      return json
    }
    const type = this.typeNamed(tree[0])
    if (type !== undefined) return this.typed(type, json, tree)
    if (tree.length === 2) this.within(json, tree[1])
    else if (tree.length !== 1) throw malformed('values')
    return this.revived(json, tree[0])
  }

  /** Applies the annotations of what is inside. */
  private within(json: unknown, notes: unknown): void {
    if (!isJsonObject(notes)) throw malformed('values')
    for (const path of Object.keys(notes)) {
      const { container, key } = this.places.locate(json, path)
      this.paths.push(path)
      const value = this.annotated(container[key], notes[path])
      container[key] = value
      if (value instanceof StepMark) this.slots.push({ container, key, step: value.step })
      this.paths.pop()
    }
  }

  /** The type of an annotation; undefined: it is another one. */
  private typeNamed(annotation: unknown): ValueType | undefined {
    if (!Array.isArray(annotation) || annotation[0] !== 'custom' || typeof annotation[1] !== 'string') return undefined
    const [, name] = annotation
    if (!mayBeTypeName(name)) return undefined
    const type = this.known.types.named(name)
    if (type !== undefined) return type
    throw this.unknown('type', name, 'described', 'types')
  }

  private unknown(what: string, name: string, is: string, option: string): ProtocolError {
    const { of = 'this end' } = this.known.limits
    const message = `${what} ${shown(name)}, which the other end sent, is not ${is} at ${of}; add it to the option "${option}" there`
    return new ProtocolError(message)
  }

  /** A value of a type that the user described. What was sent in its place is annotated as a whole of its own. */
  private typed(type: ValueType, json: unknown, tree: readonly unknown[]): unknown {
    const [, values, equalities] = tree
    if (tree.length > 3) throw malformed('values')
    const path = jsonPath(this.root, this.paths)
    const encoded = new Revival(path, this.known, this.patience, this.from).apply(json, values, equalities)
    try {
      const value = decodeTyped(type, encoded)
      this.places.close(value)
      return value
    } catch (error) {
      throw new SerializationError(
        path,
        (error as Error).message,
        { cause: (error as Error).cause },
        this.known.limits.of,
      )
    }
  }

  private revived(json: unknown, type: unknown): unknown {
    let value: unknown = REFUSED
    if (typeof type === 'string') {
      if (type === 'map') value = this.map(json)
      else if (type === 'set') value = this.set(json)
      else if (type === 'regexp') value = this.patience.step(() => decodeLeaf(json, type))
      else value = decodeLeaf(json, type)
    } else if (Array.isArray(type) && type.length === 2 && typeof type[1] === 'string') {
      if (type[0] === 'class') value = this.instance(json, type[1])
      else if (type[0] === 'custom') value = this.custom(json, type[1])
    }
    if (value === REFUSED) throw new ProtocolError(`meta has an annotation that does not fit: ${shown(type)}`)
    return value
  }

  private map(json: unknown): unknown {
    if (!Array.isArray(json)) return REFUSED
    const map = new Map<unknown, unknown>()
    return this.later(map, json, () => {
      this.patience.each(json, (entry: unknown) => {
        if (!Array.isArray(entry) || entry.length !== 2) throw malformed('map')
        map.set(entry[0], entry[1])
      })
    })
  }

  private set(json: unknown): unknown {
    if (!Array.isArray(json)) return REFUSED
    const set = new Set<unknown>()
    return this.later(set, json, () => {
      this.patience.each(json, (member) => set.add(member))
    })
  }

  private custom(json: unknown, kind: string): unknown {
    if (kind === 'Error') {
      const error = isJsonObject(json) ? makeError(json, this.known.classes) : undefined
      if (error === undefined) return REFUSED
      const record = json as Record<string, unknown>
      return this.later(error, record, () => {
        if (!fillError(error, record)) throw malformed('error')
      })
    }
    if (kind === 'null-prototype') return this.object(json, null)
    if (isHandleKind(kind)) return this.borrowed(json, kind)
    if (kind === STEP && this.earlier !== undefined) return this.step(json, this.earlier)
    return this.patience.step(() => decodeCustomLeaf(json, kind))
  }

  private borrowed(json: unknown, kind: HandleKind): unknown {
    const { objects, limits } = this.known
    if (objects === undefined) {
      throw new ProtocolError(`${limits.of ?? 'this end'} takes no ${kind} from others`)
    }
    const value = objects.borrow(kind, readHandle(json), this.from)
    this.places.close(value)
    return value
  }

  private step(json: unknown, earlier: number): StepMark {
    if (!Number.isSafeInteger(json) || (json as number) < 0) throw malformed('step')
    const step = json as number
    if (step >= earlier) throw new ProtocolError(`a value is the result of step ${step}, which does not come before`)
    return new StepMark(step)
  }

  private instance(json: unknown, name: string): unknown {
    const prototype = this.known.classes.prototypeOf(name)
    if (prototype === undefined) {
      throw this.unknown('class', name, 'registered', 'classes')
    }
    return this.object(json, prototype)
  }

  private object(json: unknown, prototype: object | null): unknown {
    if (!isJsonObject(json)) return REFUSED
    const object: object = Object.create(prototype)
    return this.later(object, json, () => {
      for (const key of Object.keys(json)) {
        if (typeof inherited(object, key) === 'function') throw malformed('class')
        Object.defineProperty(object, key, { value: json[key], enumerable: true, writable: true, configurable: true })
      }
    })
  }

  /** An object that is filled once all references are in place. */
  private later<T extends object>(object: T, source: Container, fill: () => void): T {
    this.places.replaced(object, source)
    this.fills.push(fill)
    return object
  }

  private equate(root: unknown, equalities: unknown): void {
    let others = equalities
    if (Array.isArray(equalities)) {
      if (equalities.length < 1 || equalities.length > 2) throw malformed('referentialEqualities')
      this.put(root, equalities[0], root)
      others = equalities[1] ?? {}
    }
    if (!isJsonObject(others)) throw malformed('referentialEqualities')
    for (const path of Object.keys(others)) {
      const { container, key } = this.places.locate(root, path)
      this.put(root, others[path], container[key])
    }
  }

  private put(root: unknown, paths: unknown, value: unknown): void {
    // Each step among the values has an annotation of its own.
    if (!Array.isArray(paths) || value instanceof StepMark) throw malformed('referentialEqualities')
    for (const path of paths) {
      if (typeof path !== 'string') throw malformed('referentialEqualities')
      const { container, key } = this.places.locate(root, path)
      container[key] = value
    }
  }
}

function own(object: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
