/** Parts of a value that expire by themselves, such as fields of a hash. */
export interface Perishable {
  /** When the first of them is gone, in ms since 1970; `Infinity` if none ever is. */
  readonly firstExpiry: number
  /** Whether nothing is left of the value. */
  readonly isEmpty: boolean
  /** Removes the parts whose time has come; gives their names. */
  removeExpired(now: number): string[]
}

/** A value that is not a string. The class is its type: databases are asked for it by class. */
export interface Aggregate {
  /** What TYPE reports. */
  readonly type: string
  /** What OBJECT ENCODING reports. */
  readonly encoding: string
  /** What of it expires by itself, if anything does. */
  readonly perishable?: Perishable | undefined
  /** A copy that shares nothing. */
  clone(): Aggregate
}

export type Value = string | Aggregate
/** The class of a value. */
export type Kind<T extends Aggregate> = abstract new (...args: never[]) => T
