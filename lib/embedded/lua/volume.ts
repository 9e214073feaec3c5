import type { Pointer } from './module.ts'
import type { LuaVm } from './vm.ts'

const MOST_VALUES = 10_000_000
const MOST_BYTES = 512 * 1024 * 1024
/** Values between two checks of the clock. */
const INTERVAL = 4096

/**
 * Limits the size of the result made from one value of a script. A few tables that each contain the
 * next one twice expand to more values than fit into memory, and Lua's own memory limit does not
 * see these.
 */
export class Volume {
  readonly #vm: LuaVm
  readonly #L: Pointer
  readonly #what: string
  #values = 0
  #bytes = 0

  /** @param what - names the value in the error for too large a value */
  constructor(vm: LuaVm, L: Pointer, what: string) {
    this.#vm = vm
    this.#L = L
    this.#what = what
  }

  /**
   * Counts a value and the bytes of its text. Raises an error in Lua if there are too many, or if
   * the time is over.
   */
  add(bytes = 0): void {
    this.#bytes += bytes
    if (++this.#values > MOST_VALUES || this.#bytes > MOST_BYTES) this.#vm.fail(this.#L, `${this.#what} is too large`)
    if (this.#values % INTERVAL === 0) this.#vm.checkTime?.(this.#L)
  }
}
