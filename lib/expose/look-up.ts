import { MethodNotFoundError } from '../errors.ts'
import { hasMember, isCallable } from './members.ts'

/**
 * Calls a method of the served object.
 * @throws MethodNotFoundError when its name no longer refers to a function
 */
export type ExposedMethod = (args: readonly unknown[]) => unknown

/**
 * Finds the owner of a member, which is the object itself or one of its namespaces; undefined: it
 * no longer exists.
 */
export type FindHolder = () => object | undefined

/** A member that is read rather than run when called is a property. */
export type MemberKind = 'method' | 'property'

/** What is exposed under one name. */
export interface Member {
  readonly kind: MemberKind
  /** Its path: the names of namespaces, then its own. */
  readonly path: readonly string[]
}

const NOT_LOOKED_UP: unique symbol = Symbol('not looked up')

/** Returns a function that calls a member; `this` is its owner, or the Proxy around that. */
export function memberMethod(service: string, target: object, { kind, path }: Member): ExposedMethod {
  const name = path.at(-1) ?? ''
  const gone = (): MethodNotFoundError => new MethodNotFoundError(path.join('.'), service, 'method any more')
  if (path.length === 1) return methodIn(target, name, kind, gone)
  const find = holderOf(target, path)
  let known: { readonly holder: object; readonly method: ExposedMethod } | undefined
  return (args) => {
    const holder = find()
    if (holder === undefined) throw gone()
    if (known?.holder !== holder) known = { holder, method: methodIn(holder, name, kind, gone) }
    return known.method(args)
  }
}

/** The same for a member of an existing object: this is the hot path of a server. */
function methodIn(holder: object, name: string, kind: MemberKind, gone: () => Error): ExposedMethod {
  /** The function that was called last: checking it again would cost more than the call. */
  let known: unknown = NOT_LOOKED_UP
  return (args) => {
    const value: unknown = Reflect.get(holder, name)
    if (value !== known) {
      if (!hasMember(holder, name)) throw gone()
      if (!isCallable(value)) {
        if (kind === 'property') return value
        throw gone()
      }
      known = value
    }
    return Reflect.apply(known as (...args: unknown[]) => unknown, holder, args)
  }
}

/** Each namespace on the path is looked up again, by the same rules as methods. */
export function holderOf(target: object, path: readonly string[]): FindHolder {
  const namespaces = path.slice(0, -1)
  if (namespaces.length === 0) return () => target
  return () => {
    let holder = target
    for (const name of namespaces) {
      const value: unknown = Reflect.get(holder, name)
      if (!isHolder(value) || !hasMember(holder, name)) return undefined
      holder = value
    }
    return holder
  }
}

/** Whether a value may have exposed members; functions may not, even with fields. */
export function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
