import { GET, SET } from './reserved.ts'

/** The call in a request, as users see it. */
export interface AskedMember {
  /** Whether a method is called, or a property is read or written. */
  readonly access: 'call' | 'get' | 'set'
  /**
   * The full dotted name of the method or property; `callback` for a lent function, which has no
   * name.
   */
  readonly method: string
  /** The method's arguments; for a property the value to be written, if any. */
  readonly args: readonly unknown[]
}

/**
 * In messages a property is the first argument of a method that reads or writes it; users see the
 * property.
 * @param name of the method, as sent
 */
export function askedMember(name: string, args: readonly unknown[]): AskedMember {
  if (name === GET || name === SET) {
    const [property, ...rest] = args
    if (typeof property === 'string') return { access: name === GET ? 'get' : 'set', method: property, args: rest }
  }
  return { access: 'call', method: name === '' ? 'callback' : name, args }
}
