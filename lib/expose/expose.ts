import { isProxy } from 'node:util/types'
import { InvalidOptionError } from '../errors.ts'
import { type IsValue, Listing } from './listing.ts'
import { type ExposedMethod, type Member, memberMethod } from './look-up.ts'
import { isPlainObject } from './members.ts'
import { checkWritable, namedMembers } from './named.ts'
import { propertyMethods } from './properties.ts'

/** The options of a server that determine what may be called. */
export interface ExposeOptions {
  /** Names of what may be called and read, instead of all public methods. */
  readonly expose?: readonly string[] | undefined
  /** Which of the properties may be written. */
  readonly writable?: readonly string[] | undefined
  /** Whether an object is sent as a value, so that it is not a namespace. */
  readonly isValue?: IsValue
}

/** What a server exposes. */
export interface Exposed {
  /** By name, with dots for namespaces. A property can be called too, which reads it. */
  readonly methods: ReadonlyMap<string, ExposedMethod>
  /** `rpc.get` and `rpc.set`. */
  readonly builtins: ReadonlyMap<string, ExposedMethod>
}

/**
 * Lists once what may be called, so that a name from the wire is only looked up in a map and never
 * indexes the object: the findings of {@link Listing}, or the names in `expose` instead. A function
 * in a field of an instance may come from anywhere, so it has to be named, unless it overrides a
 * method; so do fields with objects.
 *
 * The names are fixed, but the function behind a name is looked up at each call, as in a local
 * call: a function that overrides a method, replaces it later, or is returned by a Proxy that wraps
 * the object to check calls, must not be bypassed.
 *
 * @param service its name, for errors
 * @throws InvalidOptionError when `expose` contains a name that the object does not have, when a
 * Proxy does not list its members, and when an instance or a class has nothing to call, because it
 * is probably not what was meant
 */
export function exposedMembers(service: string, target: object, options: ExposeOptions = {}): Exposed {
  const { expose, writable = [], isValue = () => false } = options
  const members = expose === undefined ? listMembers(target, isValue) : namedMembers(target, expose, isValue)
  checkWritable(target, members, writable)
  return {
    methods: new Map([...members].map(([name, member]) => [name, memberMethod(service, target, member)])),
    builtins: propertyMethods(service, target, members, writable),
  }
}

function listMembers(target: object, isValue: IsValue): Map<string, Member> {
  const listing = new Listing(isValue)
  try {
    listing.add(target)
  } catch (cause) {
    if (cause instanceof InvalidOptionError || !isProxy(target)) throw cause
    throw new InvalidOptionError('target', LISTABLE, target, { cause })
  }
  if (listing.paths.length === 0) refuseWithoutMethods(target)
  return new Map(listing.paths.map((path) => [path.join('.'), { kind: 'method', path }]))
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
