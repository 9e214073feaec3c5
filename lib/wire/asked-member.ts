import { GET, SET } from './reserved.ts'

/** What a request asks for, as its user sees it. */
export interface AskedMember {
  /** Whether a method is called, or a property is read or written. */
  readonly access: 'call' | 'get' | 'set'
  /** The full dotted name of the method or the property; `callback`: a function that was lent, which has no name where it is called. */
  readonly method: string
  /** The method's arguments; of a property the value to be written, if any. */
  readonly args: readonly unknown[]
}

/**
 * A property travels as the first argument of a method that reads or writes it; users see the property.
 * @param name of the method, as it travels
 */
export function askedMember(name: string, args: readonly unknown[]): AskedMember {
  if (name === GET || name === SET) {
    const [property, ...rest] = args
    if (typeof property === 'string') return { access: name === GET ? 'get' : 'set', method: property, args: rest }
  }
  return { access: 'call', method: name === '' ? 'callback' : name, args }
}
