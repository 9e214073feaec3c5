import { inspect } from 'node:util'
import { Face, type FaceOptions } from './face.ts'
import { MOST_NAMES, markElsewhere, proxyOf } from './method-proxy.ts'

/** Options of {@link Members}: how they reach their owner. */
export interface MembersOptions {
  /** The printed form of the owner. */
  readonly label: string
  /** Calls the method with a path: `users.find`. */
  readonly call: (path: string, args: unknown[]) => unknown
  /**
   * Reads the property with a path, when its member is awaited. If omitted, members cannot be
   * awaited.
   * @param itself returns the value to resolve with if the path names a method or a namespace
   */
  readonly get?: (path: string, itself: () => object) => Promise<unknown>
  /** The value of a symbol or local name on the owner, if it differs from that on every object. */
  readonly own?: (name: string | symbol) => unknown
  /** Explains how to write a property; shown when code assigns to one. */
  readonly hint?: string
}

/** The `then` of a property. */
type Then = PromiseLike<unknown>['then']
/** A member: a function, since it may be a method; its prototype determines everything else. */
type Member = (...args: unknown[]) => unknown

/**
 * The members of a remote object. It is not known locally whether a member is a method, a property
 * or a namespace, so each is all three: it can be called, awaited, and has members of its own.
 * Nothing is sent until it is called or awaited: accessing its `then` sends nothing, calling `then`
 * does.
 *
 * A member is an ordinary function, so that calling it is as cheap as a function call. Its
 * prototype is a Proxy, which handles every property access, because the function has no own
 * properties, not even a name.
 */
export class Members {
  /** The owner: an object with all members. Awaiting it gives itself. */
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

  /** A function that can be called and awaited, and has members. */
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
    // They would hide members with these names. Deleting them later would cost twice as much.
    Reflect.deleteProperty(member, 'name')
    Reflect.deleteProperty(member, 'length')
    const face = new Face(this.face((name) => (name === 'then' ? then : this.#own(name))))
    face.self = member
    Object.setPrototypeOf(member, new Proxy(FUNCTION, face))
    markElsewhere(member)
    return Object.freeze(member)
  }

  /**
   * The members that every function has: conversion to a string, and `call`, `apply` and `bind`.
   */
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

/** The end of a member's prototype chain. */
const FUNCTION: object = Object.freeze(Object.create(Function.prototype))
