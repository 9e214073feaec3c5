import { isProxy } from 'node:util/types'
import { InvalidOptionError } from '../errors.ts'
import { type IsValue, Listing } from './listing.ts'
import { type ExposedMethod, type Member, methodOf } from './look-up.ts'
import { isPlainObject } from './members.ts'
import { checkWritable, namedMembers } from './named.ts'
import { propertyMethods } from './properties.ts'

/** What a server says of what may be called. */
export interface ExposeOptions {
  /** Names exactly what may be called and read, instead of all public methods. */
  readonly expose?: readonly string[] | undefined
  /** Which of the properties may be written. */
  readonly writable?: readonly string[] | undefined
  /** Whether an object travels as a value, so that it is no namespace. */
  readonly isValue?: IsValue
}

/** What a server exposes. */
export interface Exposed {
  /** By their names, those in namespaces with dots; a property, too, may be called, and is then read. */
  readonly methods: ReadonlyMap<string, ExposedMethod>
  /** `rpc.get` and `rpc.set`. */
  readonly builtins: ReadonlyMap<string, ExposedMethod>
}

/**
 * Lists once what may be called, so that a name from the wire is only ever looked up in a map and never indexes the object: what
 * {@link Listing} finds, or what `expose` names instead. A function that an instance holds in a field may be anything that was handed
 * to it, so it has to be named, unless it overrides a method; and so do the fields that hold objects.
 *
 * The names are fixed. What a name means is looked up at each call, as a local call does: a function that overrides a method,
 * replaces it later, or is the answer of a Proxy that wraps the object to check who calls, must not be passed by.
 *
 * @param service named in errors
 * @throws InvalidOptionError when `expose` names what the object does not have, when a Proxy does not tell what it has, and when an
 * instance or a class has nothing that may be called: most likely it is not what was meant
 */
export function exposedMembers(service: string, target: object, options: ExposeOptions = {}): Exposed {
  const { expose, writable = [], isValue = () => false } = options
  const members = expose === undefined ? listMembers(target, isValue) : namedMembers(target, expose, isValue)
  checkWritable(target, members, writable)
  return {
    methods: new Map([...members].map(([name, member]) => [name, methodOf(service, target, member)])),
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
