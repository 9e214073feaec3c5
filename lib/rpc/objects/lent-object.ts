import { MethodNotFoundError } from '../../errors.ts'
import { type Exposed, exposedMembers } from '../../expose/expose.ts'
import { forwardOf } from './borrowed-object.ts'
import type { ReferenceOptions } from './by-reference.ts'

/** An object that was lent by reference. Its accessible members are determined on first use. */
export class LentObject {
  readonly object: object
  readonly #of: string
  readonly #options: ReferenceOptions
  #exposed: Exposed | undefined

  /** @param of its owner, for errors */
  constructor(object: object, of: string, options: ReferenceOptions) {
    this.object = object
    this.#of = of
    this.#options = options
  }

  /**
   * @throws MethodNotFoundError; InvalidOptionError when it has nothing to call; and the errors of
   * the method
   */
  call(name: string, args: readonly unknown[]): unknown {
    // An object borrowed from elsewhere just forwards calls.
    const forward = forwardOf(this.object)
    if (forward !== undefined) return forward(name, args)
    const { expose, writable } = this.#options
    this.#exposed ??= exposedMembers(this.#of, this.object, { expose, writable })
    const method = this.#exposed.methods.get(name) ?? this.#exposed.builtins.get(name)
    if (method === undefined) throw new MethodNotFoundError(name, this.#of)
    return method(args)
  }
}
