import type { Pointer } from './module.ts'
import type { LuaVm } from './vm.ts'

const MAX_INTEGER_BYTES = 32
const MAX_INT = 2 ** 31 - 1

/** One item of a format of `struct`: its position and its size in bytes. */
export interface StructItem {
  readonly kind: string
  /** Bytes of padding before the item. */
  readonly padding: number
  /** 0 for `s` and `c0`, whose length the format does not contain. */
  readonly size: number
  readonly littleEndian: boolean
}

/** Reads a format of `struct` item by item, or raises its errors. */
export class StructFormat {
  readonly #vm: LuaVm
  readonly #L: Pointer
  readonly #format: string
  #at = 0
  #littleEndian = true
  #alignment = 1

  constructor(vm: LuaVm, L: Pointer, format: string) {
    this.#vm = vm
    this.#L = L
    this.#format = format.replace(/\0.*$/s, '')
  }

  /** The item at this offset; `undefined` at the end. */
  next(offset: number): StructItem | undefined {
    for (;;) {
      const kind = this.#format[this.#at++]
      if (kind === undefined) return undefined
      const size = this.#size(kind)
      if (size !== undefined) {
        return { kind, padding: this.#padding(kind, size, offset), size, littleEndian: this.#littleEndian }
      }
      this.#control(kind)
    }
  }

  #size(kind: string): number | undefined {
    switch (kind) {
      case 'b':
      case 'B':
      case 'x':
        return 1
      case 'h':
      case 'H':
        return 2
      case 'l':
      case 'L':
      case 'T':
      case 'd':
        return 8
      case 'f':
        return 4
      case 's':
        return 0
      case 'c':
        return this.#number(1)
      case 'i':
      case 'I': {
        const size = this.#number(4)
        if (size > MAX_INTEGER_BYTES) {
          return this.#vm.fail(this.#L, `integral size ${size} is larger than limit of ${MAX_INTEGER_BYTES}`)
        }
        return size
      }
      default:
        return undefined
    }
  }

  #control(kind: string): void {
    if (kind === '<') this.#littleEndian = true
    else if (kind === '>') this.#littleEndian = false
    else if (kind === '!') {
      const alignment = this.#number(8)
      if (alignment <= 0 || (alignment & (alignment - 1)) !== 0) {
        this.#vm.fail(this.#L, `alignment ${alignment} is not a power of 2`)
      }
      this.#alignment = alignment
    } else if (kind !== ' ') this.#vm.failArgument(this.#L, 1, `invalid format option '${kind}'`)
  }

  #number(otherwise: number): number {
    const digits = /^\d*/.exec(this.#format.slice(this.#at))![0]
    this.#at += digits.length
    if (digits === '') return otherwise
    const value = Number(digits)
    return value > MAX_INT ? this.#vm.fail(this.#L, 'integral size overflow') : value
  }

  #padding(kind: string, size: number, offset: number): number {
    if (size === 0 || kind === 'c') return 0
    const unit = Math.min(size, this.#alignment)
    return (unit - (offset & (unit - 1))) & (unit - 1)
  }
}
