import { isProxy } from 'node:util/types'
import { InvalidOptionError, MethodNotFoundError } from '../errors.ts'
import { isLocalName } from '../util/local-names.ts'
import { RESERVED_PREFIX } from '../wire/message.ts'
import { findMember, hasMember, isCallable, isPlainObject, owners } from './members.ts'

/** Calls a method of the served object. @throws MethodNotFoundError when its name means no function any more */
export type ExposedMethod = (args: readonly unknown[]) => unknown

/**
 * Lists once what may be called, so that a name from the wire is only ever looked up in a map and never indexes the object:
 * - of a plain object its own functions;
 * - of a class's instance the methods of its prototypes, up to but without `Object.prototype`. A function it holds in a field
 *   may be anything that was handed to it, so it has to be named in `expose`, unless it overrides such a method;
 * - no {@link isLocalName | local name}, nothing that begins with `rpc.`, no accessor.
 *
 * `expose` names exactly what may be called instead; an accessor or a plain property named there is read when called.
 *
 * The names are fixed. What a name means is looked up at each call, as a local call does: a function that overrides a method,
 * replaces it later, or is the answer of a Proxy that wraps the object to check who calls, must not be passed by.
 *
 * @param service named in errors
 * @throws InvalidOptionError when `expose` names what the object does not have, when a Proxy does not tell what it has, and when an
 * instance or a class has nothing that may be called: most likely it is not what was meant
 */
export function exposedMethods(
  service: string,
  target: object,
  expose?: readonly string[],
): ReadonlyMap<string, ExposedMethod> {
  const kinds = expose === undefined ? listMethods(target) : kindsOf(target, expose)
  return new Map([...kinds].map(([name, kind]) => [name, lookUp(service, target, name, kind)]))
}

/** What is read when it is called, rather than run, is a property. */
type Kind = 'method' | 'property'

function listMethods(target: object): Map<string, Kind> {
  let names: readonly string[] = []
  try {
    names = methodNames(target)
  } catch (cause) {
    throw isProxy(target) ? new InvalidOptionError('target', LISTABLE, target, { cause }) : cause
  }
  if (names.length === 0) refuseWithoutMethods(target)
  return new Map(names.map((name) => [name, 'method']))
}

function refuseWithoutMethods(target: object): void {
  if (isProxy(target)) throw new InvalidOptionError('target', LISTABLE, target)
  if (isPlainObject(target)) return
  const wanted =
    typeof target === 'function'
      ? 'an object with methods: an instance, not the class'
      : 'an object with methods; functions held in its fields have to be named in expose'
  throw new InvalidOptionError('target', wanted, target)
}

const LISTABLE = 'an object whose methods can be listed; name in expose what may be called of one that lists none'

/** Names that mean a method: of a plain object its own functions, of an instance what its classes have. */
function methodNames(target: object): string[] {
  const [self, ...prototypes] = owners(target)
  // A class that is served itself has its own static methods beside those it inherits.
  const where = prototypes.length === 0 || typeof target === 'function' ? [self, ...prototypes] : prototypes
  const names = new Set(where.flatMap((owner) => Object.getOwnPropertyNames(owner)))
  return [...names].filter((name) => isPublic(name) && isCallable(findMember(target, name)?.value))
}

function isPublic(name: string): boolean {
  return !isLocalName(name) && !name.startsWith(RESERVED_PREFIX)
}

function kindsOf(target: object, expose: readonly string[]): Map<string, Kind> {
  const kinds = new Map<string, Kind>()
  for (const name of expose) {
    const kind = name.startsWith(RESERVED_PREFIX) ? undefined : kindOf(target, name)
    if (kind === undefined) throw new InvalidOptionError('expose', "names of the object's methods or properties", name)
    kinds.set(name, kind)
  }
  return kinds
}

function kindOf(target: object, name: string): Kind | undefined {
  try {
    const member = findMember(target, name)
    if (member !== undefined) return isCallable(member.value) ? 'method' : 'property'
    return isProxy(target) ? unlistedKind(target, name) : undefined
  } catch (error) {
    // It may refuse whoever asks on nobody's behalf, as is done here; a call will be told.
    if (isProxy(target)) return name in Object.prototype ? undefined : 'method'
    throw error
  }
}

/** A Proxy need not list what it has: it is asked as a call will ask it. */
function unlistedKind(target: object, name: string): Kind | undefined {
  const value: unknown = hasMember(target, name) ? Reflect.get(target, name) : undefined
  if (value === undefined) return undefined
  return isCallable(value) ? 'method' : 'property'
}

const NOT_LOOKED_UP: unique symbol = Symbol('not looked up')

/** Calls what `name`, which is listed, means when it is called; `this` is the object, or the Proxy around it. */
function lookUp(service: string, target: object, name: string, kind: Kind): ExposedMethod {
  /** The function that was called last: checking it again would cost more than the call. */
  let known: unknown = NOT_LOOKED_UP
  return (args) => {
    const value: unknown = Reflect.get(target, name)
    if (value !== known) {
      if (!hasMember(target, name)) throw new MethodNotFoundError(name, service, true)
      if (!isCallable(value)) {
        if (kind === 'property') return value
        throw new MethodNotFoundError(name, service, true)
      }
      known = value
    }
    return Reflect.apply(known as (...args: unknown[]) => unknown, target, args)
  }
}
