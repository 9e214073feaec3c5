import { InvalidOptionError, MethodNotFoundError } from '../errors.ts'
import { callsKey } from './names.ts'

/** A function that is served. */
export interface Served {
  readonly name: string
  /**
   * Calls the current function with this name, which may have been replaced, for example by a spy.
   * @throws MethodNotFoundError when it is no longer a function
   */
  readonly run: (kw: Readonly<Record<string, unknown>>) => unknown
}

/**
 * The functions by the list of their calls, so that a name from the wire never indexes an object.
 */
export function serveEach(functions: object, prefix: string): ReadonlyMap<string, Served> {
  const accepts = 'an object of functions, at least one, whose names are not empty'
  if (typeof functions !== 'object' || functions === null) throw new InvalidOptionError('functions', accepts, functions)
  const served = new Map<string, Served>()
  for (const [name, value] of Object.entries(functions) as [string, unknown][]) {
    if (typeof value !== 'function' || name === '') throw new InvalidOptionError('functions', accepts, value)
    served.set(callsKey(prefix, name), {
      name,
      run: (kw) => Reflect.apply(lookUp(functions, name, prefix), functions, [kw]),
    })
  }
  if (served.size === 0) throw new InvalidOptionError('functions', accepts, functions)
  return served
}

function lookUp(functions: object, name: string, prefix: string): (kw: object) => unknown {
  const value: unknown = Object.hasOwn(functions, name) ? Reflect.get(functions, name) : undefined
  if (typeof value === 'function') return value as (kw: object) => unknown
  throw new MethodNotFoundError(name, prefix, 'method any more')
}
