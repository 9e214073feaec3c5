import { isLocalName } from './local-names.ts'

/** What a {@link Face} shows. */
export interface FaceOptions {
  /** Makes what a name means. */
  readonly make: (name: string) => unknown
  /** What names mean that were asked for before; one who shows two faces shares it between them. */
  readonly known: ReadonlyMap<string, unknown>
  /** What a local name or a symbol means, where that is not what it means on the target. */
  readonly own?: (name: string | symbol) => unknown
  /** What an attempt to change a name is refused with. */
  readonly refusal: (name: string | symbol) => string
}

/**
 * The traps of something that is elsewhere: every string name that is not {@link isLocalName | local} means something there, the
 * same at each look. In all else it is its target, a frozen object without properties.
 */
export class Face implements ProxyHandler<object> {
  /** Whoever else asks inherits from it, and may have properties of its own. */
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
