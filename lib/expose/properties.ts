import { MethodNotFoundError, ProtocolError } from '../errors.ts'
import { isThenable } from '../util/running.ts'
import type { PropertyAnswer } from '../wire/property-answer.ts'
import { GET, SET } from '../wire/reserved.ts'
import { type ExposedMethod, holderOf, type Member } from './look-up.ts'
import { hasMember, isCallable } from './members.ts'

/**
 * The methods that read and write properties: `rpc.get` and `rpc.set`. They only reach exposed
 * members.
 */
export function propertyMethods(
  service: string,
  target: object,
  members: ReadonlyMap<string, Member>,
  writable: readonly string[],
): Map<string, ExposedMethod> {
  const properties = new Map<string, Property>()
  for (const [name, { kind, path }] of members)
    if (kind === 'property') properties.set(name, new Property(service, target, path))
  const writables = new Set(writable)
  const namespaces = namespacesOf(members)

  const get: ExposedMethod = ([name]) => {
    const property = properties.get(checkName(name))
    if (property !== undefined) return property.answer()
    if (members.has(name as string)) return { kind: 'method' } satisfies PropertyAnswer
    if (namespaces.has(name as string)) return { kind: 'namespace' } satisfies PropertyAnswer
    throw new MethodNotFoundError(name as string, service, 'property')
  }
  const set: ExposedMethod = ([name, value]) => {
    const property = writables.has(checkName(name)) ? properties.get(name as string) : undefined
    if (property === undefined) throw new MethodNotFoundError(name as string, service, 'writable property')
    property.write(value)
    return null
  }
  return new Map([
    [GET, get],
    [SET, set],
  ])
}

/** The names of all namespaces with exposed members. */
function namespacesOf(members: ReadonlyMap<string, Member>): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { path } of members.values()) for (let i = 1; i < path.length; i++) names.add(path.slice(0, i).join('.'))
  return names
}

function checkName(name: unknown): string {
  if (typeof name === 'string') return name
  throw new ProtocolError('the name of a property is not a string')
}

/** An exposed property, looked up at each access, like a local one. */
class Property {
  readonly #service: string
  readonly #path: readonly string[]
  readonly #find: () => object | undefined

  constructor(service: string, target: object, path: readonly string[]) {
    this.#service = service
    this.#path = path
    this.#find = holderOf(target, path)
  }

  /** @throws MethodNotFoundError when it is gone, and errors of accessors */
  answer(): PropertyAnswer | Promise<PropertyAnswer> {
    const value: unknown = Reflect.get(this.#holder(), this.#name)
    if (isThenable(value)) return Promise.resolve(value).then(answerOf)
    return answerOf(value)
  }

  /**
   * @throws MethodNotFoundError, TypeError when it can no longer be written, and errors of
   * accessors
   */
  write(value: unknown): void {
    if (!Reflect.set(this.#holder(), this.#name, value))
      throw new TypeError(`${this.#service}.${this.#path.join('.')} can no longer be written`)
  }

  get #name(): string {
    return this.#path.at(-1) ?? ''
  }

  #holder(): object {
    const holder = this.#find()
    if (holder !== undefined && hasMember(holder, this.#name)) return holder
    throw new MethodNotFoundError(this.#path.join('.'), this.#service, 'property any more')
  }
}

function answerOf(value: unknown): PropertyAnswer {
  return isCallable(value) ? { kind: 'method' } : { value }
}
