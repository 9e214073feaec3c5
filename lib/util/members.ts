import { inspect } from 'node:util'
import { Face, type FaceOptions } from './face.ts'
import { MOST_NAMES, markElsewhere, proxyOf } from './method-proxy.ts'

/** How {@link Members} reach what they are members of. */
export interface MembersOptions {
  /** What they belong to, as it is printed. */
  readonly label: string
  /** Carries out the method that a path names: `users.find`. */
  readonly call: (path: string, args: unknown[]) => unknown
  /**
   * Reads the property that a path names, when its member is awaited. Left out: members cannot be awaited.
   * @param itself gives what to resolve with where the path names a method or a namespace
   */
  readonly get?: (path: string, itself: () => object) => Promise<unknown>
  /** What a symbol or a name that is local means on what they belong to, beside what it means on every object. */
  readonly own?: (name: string | symbol) => unknown
  /** Says how a property is written, to who assigns to one. */
  readonly hint?: string
}

/** Who reads a property. */
type Then = PromiseLike<unknown>['then']
/** A member: a function, since it may be a method; what else it is, its prototype says. */
type Member = (...args: unknown[]) => unknown

/**
 * The members of something elsewhere. Here nobody knows whether one is a method, a property or a namespace, so each is all three: it
 * may be called, awaited, and asked for members of its own. Nothing is sent before it is called or awaited: to look at its `then`
 * sends nothing, to call that does.
 *
 * A member is an ordinary function, so that calling it costs what calling a function costs. Its prototype is a Proxy, which is
 * asked for everything, since the function has no property of its own, not even a name.
 */
export class Members {
  /** What they belong to: an object that has them all. Awaiting it gives itself. */
  readonly proxy: object
  readonly options: MembersOptions
  readonly #root: Place
  #remembered = 0

  constructor(options: MembersOptions) {
    this.options = options
    this.#root = new Place(this, undefined)
    this.proxy = proxyOf(options.label, this.#root.face(options.own))
  }

  /** The method or namespace with this path: it can be called and has members, and awaiting it gives itself. */
  itself(path: string): object {
    return path
      .split('.')
      .reduce((place, name) => place.child(name), this.#root)
      .itself()
  }

  /** Whether one more member may be remembered. */
  remembers(): boolean {
    return this.#remembered++ < MOST_NAMES
  }
}

/** Where one path leads. */
class Place {
  readonly #members: Members
  /** Undefined: to all members. */
  readonly #path: string | undefined
  readonly #known = new Map<string, Member>()
  #itself: object | undefined

  constructor(members: Members, path: string | undefined) {
    this.#members = members
    this.#path = path
  }

  child(name: string): Place {
    return new Place(this.#members, this.#path === undefined ? name : `${this.#path}.${name}`)
  }

  /** It can be called and awaited, and has members. */
  member(): Member {
    const { get } = this.#members.options
    const path = this.#path ?? ''
    if (get === undefined) return this.#function(undefined)
    return this.#function((resolved, rejected) => get(path, () => this.itself()).then(resolved, rejected))
  }

  /** The same, but awaiting it gives itself. */
  itself(): object {
    this.#itself ??= this.#function(undefined)
    return this.#itself
  }

  face(own: (name: string | symbol) => unknown = () => undefined): FaceOptions {
    const { hint } = this.#members.options
    return {
      make: (name) => this.#make(name),
      known: this.#known,
      own,
      refusal: (name) =>
        `${String(name)} of ${this.#text} cannot be assigned to${hint === undefined ? '' : `: ${hint}`}`,
    }
  }

  get #text(): string {
    const { label } = this.#members.options
    return this.#path === undefined ? `[${label}]` : `[${label}.${this.#path}]`
  }

  #make(name: string): Member {
    const member = this.child(name).member()
    if (this.#members.remembers()) this.#known.set(name, member)
    return member
  }

  #function(then: Then | undefined): Member {
    const { call } = this.#members.options
    const path = this.#path ?? ''
    const member: Member = (...args) => call(path, args)
    // They would hide members of these names. Deleted later, they would cost twice as much.
    Reflect.deleteProperty(member, 'name')
    Reflect.deleteProperty(member, 'length')
    const face = new Face(this.face((name) => (name === 'then' ? then : this.#own(name))))
    face.self = member
    Object.setPrototypeOf(member, new Proxy(FUNCTION, face))
    markElsewhere(member)
    return Object.freeze(member)
  }

  /** What a member is by itself: a text, and what may be called in all the ways that a function may. */
  #own(name: string | symbol): unknown {
    switch (name) {
      case 'toString':
      case 'toLocaleString':
      case Symbol.toPrimitive:
      case inspect.custom:
        return () => this.#text
      case Symbol.toStringTag:
        return 'Function'
      case 'call':
      case 'apply':
      case 'bind':
        return Function.prototype[name]
      default:
        return undefined
    }
  }
}

/** What a member inherits from, in the end. */
const FUNCTION: object = Object.freeze(Object.create(Function.prototype))
