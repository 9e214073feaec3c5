/** Parts of a value that expire on their own, such as the fields of a hash. */
export interface Perishable {
  /** The earliest expiry, in ms since 1970; `Infinity` if nothing expires. */
  readonly firstExpiry: number
  /** Whether the value has no parts left. */
  readonly isEmpty: boolean
  /** Removes the expired parts and returns their names. */
  removeExpired(now: number): string[]
}

/** A value that is not a string. Its class is its type: databases look values up by class. */
export interface Aggregate {
  /** What TYPE reports. */
  readonly type: string
  /** What OBJECT ENCODING reports. */
  readonly encoding: string
  /** The parts that expire on their own, if there can be any. */
  readonly perishable?: Perishable | undefined
  /** A deep copy. */
  clone(): Aggregate
}

export type Value = string | Aggregate
/** The class of a value. */
export type Kind<T extends Aggregate> = abstract new (...args: never[]) => T
