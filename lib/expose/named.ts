import { isProxy } from 'node:util/types'
import { InvalidOptionError } from '../errors.ts'
import { isMethodProxy } from '../util/method-proxy.ts'
import { platformClass } from '../wire/platform.ts'
import { RESERVED_PREFIX } from '../wire/reserved.ts'
import { type IsValue, Listing } from './listing.ts'
import { isHolder, type Member, type MemberKind } from './look-up.ts'
import { findMember, hasMember, isCallable, isPlainObject } from './members.ts'

/** What a name in `expose` refers to when the server is created. */
interface Found {
  readonly kind: MemberKind
  /** Undefined: unknown without running an accessor or a Proxy trap. */
  readonly property: PropertyDescriptor | undefined
}

/**
 * Finds the members that `expose` names: a method, a property, or a namespace with all its methods.
 * A dot leads into an object; accessors on the path are evaluated at each call.
 * @throws InvalidOptionError when the object does not have it
 */
export function namedMembers(target: object, expose: readonly string[], isValue: IsValue): Map<string, Member> {
  const members = new Map<string, Member>()
  for (const name of expose) {
    const path = name.split('.')
    const found = name.startsWith(RESERVED_PREFIX) ? undefined : findAt(target, path)
    if (found === undefined) throw new InvalidOptionError('expose', ACCEPTS, name)
    const listed = listNamespace(found, path, isValue)
    for (const each of listed) members.set(each.join('.'), { kind: 'method', path: each })
    if (listed.length === 0) members.set(name, { kind: found.kind, path })
  }
  return members
}

const ACCEPTS = "names of the object's methods, properties and namespaces, or paths to them"

/**
 * @throws InvalidOptionError when `writable` contains a name that is not in `expose`, or that
 * cannot be written
 */
export function checkWritable(target: object, members: ReadonlyMap<string, Member>, writable: readonly string[]): void {
  for (const name of writable) {
    const member = members.get(name)
    if (member?.kind !== 'property')
      throw new InvalidOptionError('writable', 'names of properties that expose names, too', name)
    const property = findAt(target, member.path)?.property
    if (property !== undefined && !isWritable(property))
      throw new InvalidOptionError('writable', 'names of properties that can be written', name)
  }
}

function isWritable(property: PropertyDescriptor): boolean {
  return property.writable === true || property.set !== undefined
}

/** Paths of the methods of a namespace; none if the name is not a namespace. */
function listNamespace({ property }: Found, path: readonly string[], isValue: IsValue): readonly string[][] {
  const value: unknown = property?.value
  const listing = new Listing(isValue)
  try {
    if (isHolder(value) && !isValue(value) && mayBeNamespace(value)) listing.add(value, path)
  } catch (error) {
    // A Proxy that does not list its members.
    if (error instanceof InvalidOptionError || !isProxy(value)) throw error
  }
  return listing.paths
}

/** An explicit name may also refer to an event emitter; a `Map` or a `Date` is still a value. */
function mayBeNamespace(value: object): boolean {
  if (isMethodProxy(value)) return false
  if (isPlainObject(value)) return true
  const name = platformClass(Object.getPrototypeOf(value))?.name
  return name === undefined || name === 'EventEmitter' || name === 'EventTarget'
}

function findAt(target: object, path: readonly string[]): Found | undefined {
  const name = path.at(-1) ?? ''
  let holder: unknown = target
  for (const namespace of path.slice(0, -1)) {
    const found = findIn(holder as object, namespace)
    if (found === undefined) return undefined
    if (found.property === undefined || found.property.get !== undefined) return isForeign(name) ? undefined : LATE
    holder = found.property.value
    if (!isHolder(holder)) return undefined
  }
  return findIn(holder as object, name)
}

const LATE: Found = { kind: 'property', property: undefined }

function findIn(holder: object, name: string): Found | undefined {
  try {
    const property = findMember(holder, name)
    if (property !== undefined) return { kind: isCallable(property.value) ? 'method' : 'property', property }
    return isProxy(holder) ? findUnlisted(holder, name) : undefined
  } catch (error) {
    // The Proxy may refuse access outside a call, as here; a call will get its error.
    if (isProxy(holder)) return isForeign(name) ? undefined : { kind: 'method', property: undefined }
    throw error
  }
}

/** A Proxy does not have to list its members, so this accesses it like a call. */
function findUnlisted(holder: object, name: string): Found | undefined {
  const value: unknown = hasMember(holder, name) ? Reflect.get(holder, name) : undefined
  if (value === undefined) return undefined
  return { kind: isCallable(value) ? 'method' : 'property', property: undefined }
}

/** Whether every object has a member with this name. */
function isForeign(name: string): boolean {
  return name in Object.prototype
}
