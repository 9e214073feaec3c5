import { isProxy } from 'node:util/types'
import { InvalidOptionError } from '../errors.ts'
import { isLocalName } from '../util/local-names.ts'
import { isMethodProxy } from '../util/method-proxy.ts'
import { platformClass } from '../wire/platform.ts'
import { RESERVED_PREFIX } from '../wire/reserved.ts'
import { isHolder } from './look-up.ts'
import { findMember, isCallable, isPlainObject, owners } from './members.ts'

/** How many levels of namespaces there may be. */
export const MOST_NAMESPACES = 8

/** Whether an object is sent as a value, so that it is not a namespace. */
export type IsValue = (object: object) => boolean

/**
 * Lists the methods of an object, and of its namespaces, as paths:
 * - of a plain object its own functions, and what its own objects have: they are its namespaces;
 * - of a class's instance the methods of its prototypes, up to but without `Object.prototype`;
 * - no {@link isLocalName | local name}, nothing that begins with `rpc.`, no accessor.
 *
 * An instance is a namespace if its class is a user class: not a built-in one such as `Map`, or one
 * that extends a built-in class, as sockets, streams and most database clients do, which extend
 * `EventEmitter`.
 *
 * @throws InvalidOptionError when a name contains a dot, or namespaces contain themselves or are
 * too deep
 */
export class Listing {
  readonly paths: string[][] = []
  readonly #isValue: IsValue
  /** The namespaces that are being listed, with their paths. */
  readonly #under = new Map<object, string>()
  /** Objects without methods: data may be large, and contain one object many times. */
  readonly #barren = new Set<object>()
  readonly #circles: { readonly name: string; readonly of: string }[] = []

  constructor(isValue: IsValue) {
    this.#isValue = isValue
  }

  add(target: object, path: readonly string[] = []): void {
    this.#list(target, path)
    for (const { name, of } of this.#circles) {
      if (this.paths.some((found) => of === '' || found.join('.').startsWith(`${of}.`)))
        throw circular(name, of, target)
    }
  }

  #list(target: object, path: readonly string[]): void {
    const before = this.paths.length
    for (const name of methodNames(target)) {
      if (path.length > MOST_NAMESPACES) throw tooDeep(path, target)
      this.paths.push([...path, withoutDot(name, target)])
    }
    if (path.length <= MOST_NAMESPACES && isPlainObject(target)) this.#listNamespaces(target, path)
    if (this.paths.length === before) this.#barren.add(target)
  }

  #listNamespaces(target: object, path: readonly string[]): void {
    this.#under.set(target, path.join('.'))
    try {
      for (const name of Object.getOwnPropertyNames(target)) {
        const value: unknown = isPublic(name) ? Object.getOwnPropertyDescriptor(target, name)?.value : undefined
        if (!this.#isNamespace(value) || this.#barren.has(value)) continue
        const of = this.#under.get(value)
        if (of === undefined) this.#listNamespace(value, [...path, name])
        else this.#circles.push({ name: [...path, name].join('.'), of })
      }
    } finally {
      this.#under.delete(target)
    }
  }

  #listNamespace(target: object, path: readonly string[]): void {
    const before = this.paths.length
    try {
      this.#list(target, path)
    } catch (error) {
      // A Proxy that does not list its members is not a namespace, unless `expose` names its
      // members.
      if (error instanceof InvalidOptionError || !isProxy(target)) throw error
    }
    if (this.paths.length === before) return
    withoutDot(path.at(-1) ?? '', target)
    if (`${path[0]}.` === RESERVED_PREFIX)
      throw refusal(`without a namespace "rpc", a name that this library uses itself`, target)
  }

  #isNamespace(value: unknown): value is object {
    try {
      if (!isHolder(value) || isMethodProxy(value) || this.#isValue(value)) return false
      return isPlainObject(value) || platformClass(Object.getPrototypeOf(value)) === undefined
    } catch (error) {
      if (isProxy(value)) return false
      throw error
    }
  }
}

/** Names of methods: a plain object's own functions, or the methods of an instance's classes. */
function methodNames(target: object): string[] {
  const [self, ...prototypes] = owners(target)
  // A class that is served itself has its own static methods in addition to inherited ones.
  const where = prototypes.length === 0 || typeof target === 'function' ? [self, ...prototypes] : prototypes
  const names = new Set(where.flatMap((owner) => Object.getOwnPropertyNames(owner)))
  return [...names].filter((name) => isPublic(name) && isCallable(findMember(target, name)?.value))
}

function isPublic(name: string): boolean {
  return !isLocalName(name) && !name.startsWith(RESERVED_PREFIX)
}

function withoutDot(name: string, target: object): string {
  if (!name.includes('.')) return name
  throw refusal(`whose methods and namespaces have no dots in their names, as ${quote(name)} has`, target)
}

function tooDeep(path: readonly string[], target: object): InvalidOptionError {
  return refusal(
    `with ${MOST_NAMESPACES} namespaces inside one another at most, and ${quote(path.join('.'))} is deeper`,
    target,
  )
}

function circular(name: string, of: string, target: object): InvalidOptionError {
  const again = of === '' ? 'the target itself' : quote(of)
  return refusal(`whose namespaces do not contain themselves, as ${quote(name)} does, being ${again}`, target)
}

function refusal(wanted: string, target: object): InvalidOptionError {
  return new InvalidOptionError('target', `an object ${wanted}; or name in expose what may be called`, target)
}

function quote(name: string): string {
  return JSON.stringify(name)
}
