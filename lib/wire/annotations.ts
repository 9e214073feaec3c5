/**
 * Builds superjson's `meta`: the types of JSON values, and the places that contain the same object.
 */
import { MessageTooLargeError } from '../errors.ts'
import type { Annotation } from './leaf.ts'
import type { Limits } from './limits.ts'
import { annotationPath, escapeSegment, type Place } from './place.ts'

/**
 * Annotations by path: `{ "a.b": ["Date"] }`. Inside an annotated value, paths start again:
 * `{ "m": ["map", { "0.1": ["Date"] }] }`.
 */
interface Notes {
  [path: string]: Tree
}
/**
 * The value that is sent for a described type has its own annotations, identities included:
 * `[["custom", "Money"], values, referentialEqualities]`.
 */
type Tree = readonly [Annotation] | readonly [Annotation, Tree] | readonly [Annotation, Tree, unknown] | Notes

/** The state of a place in {@link Annotations}. */
interface Scope {
  readonly notes: Notes
  /** None: the root, if that is plain. */
  readonly annotation: Annotation | undefined
}

interface Mark {
  readonly done: number
  readonly bytes: number
}

/** Collects annotations; those collected since a mark can be removed again. */
export class Annotations {
  private readonly limits: Limits
  private readonly scopes = new Map<Place, Scope>()
  private readonly repeats = new Map<Place, string[]>()
  private readonly undo: (() => void)[] | undefined
  private readonly top: Place | undefined
  private values: Tree | undefined
  private bytes = 0

  /**
   * @param limits - all paths together may take what a message may; they can grow faster than the
   * value they annotate.
   * @param revocable - whether {@link takeBack} will be called.
   * @param top - the place whose content is annotated; undefined: the root's.
   */
  constructor(limits: Limits, revocable: boolean, top?: Place) {
    this.limits = limits
    this.top = top
    this.undo = revocable ? [] : undefined
  }

  /** Begins a place with its own annotation, or the root. */
  open(place: Place, annotation: Annotation | undefined): void {
    this.scopes.set(place, { notes: Object.create(null) as Notes, annotation })
  }

  /** Ends what {@link open} began. */
  close(place: Place): void {
    const { notes, annotation } = this.scopes.get(place) as Scope
    const inside = isEmpty(notes) ? undefined : notes
    if (annotation === undefined) this.values = inside
    else this.add(place.parent, place.key, inside === undefined ? [annotation] : [annotation, inside])
  }

  /** Annotates a key of a place, or the root. */
  note(parent: Place | undefined, key: string, annotation: Annotation): void {
    this.add(parent, key, [annotation])
  }

  /**
   * Annotates a key of a place, or the root, with a type, and with the annotations of the value
   * that is sent in its place.
   */
  typed(parent: Place | undefined, key: string, annotation: Annotation, inside: Annotations): void {
    const { values, bytes } = inside
    const equalities = inside.equalities()
    this.countBytes(bytes)
    if (equalities !== undefined) this.add(parent, key, [annotation, values ?? {}, equalities])
    else this.add(parent, key, values === undefined ? [annotation] : [annotation, values])
  }

  private add(parent: Place | undefined, key: string, tree: Tree): void {
    if (parent === this.top || parent === undefined) {
      this.values = tree
      return
    }
    let path = escapeSegment(key)
    let at = parent
    let scope = this.scopes.get(at)
    while (scope === undefined) {
      path = `${escapeSegment(at.key)}.${path}`
      at = at.parent as Place
      scope = this.scopes.get(at)
    }
    const { notes } = scope
    this.count(path)
    notes[path] = tree
    this.undo?.push(() => delete notes[path])
  }

  /** Records that a key of a place contains the same object as an earlier place. */
  repeat(first: Place, parent: Place, key: string): void {
    const path = annotationPath(parent, key, this.top)
    this.count(path)
    const paths = this.repeats.get(first)
    if (paths === undefined) this.repeats.set(first, [path])
    else paths.push(path)
    this.undo?.push(() => {
      if (paths === undefined) this.repeats.delete(first)
      else paths.pop()
    })
  }

  /** A point to {@link takeBack} to. */
  mark(): Mark {
    return { done: this.undo?.length ?? 0, bytes: this.bytes }
  }

  /** Also calls `undo` when the current changes are taken back. */
  onTakeBack(undo: () => void): void {
    this.undo?.push(undo)
  }

  /** Forgets what was collected since a mark. */
  takeBack({ done, bytes }: Mark): void {
    while (this.undo !== undefined && this.undo.length > done) this.undo.pop()?.()
    this.bytes = bytes
  }

  /** JSON text of `meta`; undefined if it is not needed. */
  text(): string | undefined {
    const { values } = this
    const referentialEqualities = this.equalities()
    if (values === undefined && referentialEqualities === undefined) return undefined
    return JSON.stringify({ values, referentialEqualities, v: 1 })
  }

  /** superjson puts the root's repetitions first in an array, since it has no path. */
  private equalities(): unknown {
    if (this.repeats.size === 0) return undefined
    let ofRoot: string[] | undefined
    const others: Record<string, string[]> = Object.create(null)
    for (const [{ parent, key }, paths] of this.repeats) {
      if (parent === this.top || parent === undefined) ofRoot = paths
      else others[annotationPath(parent, key, this.top)] = paths
    }
    if (ofRoot === undefined) return others
    return isEmpty(others) ? [ofRoot] : [ofRoot, others]
  }

  private count(path: string): void {
    this.countBytes(path.length)
  }

  private countBytes(bytes: number): void {
    this.bytes += bytes
    const { maxMessageBytes, of } = this.limits
    if (this.bytes > maxMessageBytes) throw new MessageTooLargeError('maxMessageBytes', maxMessageBytes, this.bytes, of)
  }
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false
  return true
}
