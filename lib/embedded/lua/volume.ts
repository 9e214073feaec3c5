import type { Pointer } from './module.ts'
import type { LuaVm } from './vm.ts'

const MOST_VALUES = 10_000_000
const MOST_BYTES = 512 * 1024 * 1024
/** Values between two looks at the clock. */
const INTERVAL = 4096

/**
 * Bounds what is made of one value of a script. A few tables that hold one another twice come to more values than fit
 * anywhere; Lua's own limit of memory knows nothing of those.
 */
export class Volume {
  readonly #vm: LuaVm
  readonly #L: Pointer
  readonly #what: string
  #values = 0
  #bytes = 0

  /** @param what - what an error says is too large */
  constructor(vm: LuaVm, L: Pointer, what: string) {
    this.#vm = vm
    this.#L = L
    this.#what = what
  }

  /** Counts a value, with the bytes of its text; raises an error in Lua if it is one too many, or the time is over. */
  add(bytes = 0): void {
    this.#bytes += bytes
    if (++this.#values > MOST_VALUES || this.#bytes > MOST_BYTES) this.#vm.fail(this.#L, `${this.#what} is too large`)
    if (this.#values % INTERVAL === 0) this.#vm.checkTime?.(this.#L)
  }
}
