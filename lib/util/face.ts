import { isLocalName } from './local-names.ts'

/** Options of a {@link Face}. */
export interface FaceOptions {
  /** Creates the value of a name. */
  readonly make: (name: string) => unknown
  /** Values of names that were accessed before; two faces of the same object share it. */
  readonly known: ReadonlyMap<string, unknown>
  /** The value of a local name or a symbol, if it differs from that on the target. */
  readonly own?: (name: string | symbol) => unknown
  /** The error message for an attempt to change a name. */
  readonly refusal: (name: string | symbol) => string
}

/**
 * The Proxy traps of a remote object: every string name that is not {@link isLocalName | local} has
 * a remote value, the same on each access. In all other respects it behaves like its target, a
 * frozen object without properties.
 */
export class Face implements ProxyHandler<object> {
  /** Any other receiver inherits from it, and may have own properties. */
  self: object | undefined
  readonly #options: FaceOptions
  readonly #known: ReadonlyMap<string, unknown>

  constructor(options: FaceOptions) {
    this.#options = options
    this.#known = options.known
  }

  get(target: object, name: string | symbol): unknown {
    if (typeof name === 'symbol') return this.#local(target, name)
    return this.#known.get(name) ?? (isLocalName(name) ? this.#local(target, name) : this.#elsewhere(name))
  }

  set(target: object, name: string | symbol, value: unknown, receiver: unknown): boolean {
    if (receiver !== this.self) return Reflect.set(target, name, value, receiver)
    throw new TypeError(this.#options.refusal(name))
  }

  #local(target: object, name: string | symbol): unknown {
    return this.#options.own?.(name) ?? Reflect.get(target, name)
  }

  #elsewhere(name: string): unknown {
    return this.#options.own?.(name) ?? this.#options.make(name)
  }
}
