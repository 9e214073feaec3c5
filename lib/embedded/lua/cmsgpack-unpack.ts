import type { Pointer } from './module.ts'
import type { LuaVm } from './vm.ts'

/** The error for bytes that are not MessagePack. */
export type UnpackProblem = 'Missing bytes in input.' | 'Bad data format in input.'

/** Reads consecutive MessagePack values and pushes them, as `cmsgpack.unpack` does. */
export class Unpacker {
  readonly #vm: LuaVm
  readonly #L: Pointer
  readonly #bytes: Buffer
  problem: UnpackProblem | undefined
  offset: number

  constructor(vm: LuaVm, L: Pointer, bytes: string, offset: number) {
    this.#vm = vm
    this.#L = L
    this.#bytes = Buffer.from(bytes, 'latin1')
    this.offset = offset
  }

  get left(): number {
    return this.#bytes.length - this.offset
  }

  /**
   * Reads one value. Returns false and sets {@link problem} if there is none; values pushed before
   * stay on the stack.
   */
  next(): boolean {
    const { api } = this.#vm
    const L = this.#L
    if (!this.#need(1)) return false
    const at = this.offset
    const bytes = this.#bytes
    const mark = bytes[at]!
    if (mark <= 0x7f) return this.#number(1, () => mark)
    if (mark >= 0xe0) return this.#number(1, () => mark - 256)
    if (mark >= 0xa0 && mark <= 0xbf) return this.#string(1, mark & 0x1f)
    if (mark >= 0x90 && mark <= 0x9f) return this.#array(1, mark & 0xf)
    if (mark >= 0x80 && mark <= 0x8f) return this.#map(1, mark & 0xf)
    switch (mark) {
      case 0xc0:
        api.lua_pushnil(L)
        return this.#consume(1)
      case 0xc2:
      case 0xc3:
        api.lua_pushboolean(L, mark - 0xc2)
        return this.#consume(1)
      case 0xca:
        return this.#number(5, () => bytes.readFloatBE(at + 1))
      case 0xcb:
        return this.#number(9, () => bytes.readDoubleBE(at + 1))
      case 0xcc:
        return this.#number(2, () => bytes[at + 1]!)
      case 0xcd:
        return this.#number(3, () => bytes.readUInt16BE(at + 1))
      case 0xce:
        return this.#number(5, () => bytes.readUInt32BE(at + 1))
      case 0xd0:
        return this.#number(2, () => bytes.readInt8(at + 1))
      case 0xd1:
        return this.#number(3, () => bytes.readInt16BE(at + 1))
      case 0xd2:
        return this.#number(5, () => bytes.readInt32BE(at + 1))
      // Unsigned integers wrap around too: the C library passes them to Lua as signed ones.
      case 0xcf:
      case 0xd3:
        return this.#number(9, () => Number(bytes.readBigInt64BE(at + 1)))
      case 0xd9:
        return this.#need(2) && this.#string(2, bytes[at + 1]!)
      case 0xda:
        return this.#need(3) && this.#string(3, bytes.readUInt16BE(at + 1))
      case 0xdb:
        return this.#need(5) && this.#string(5, bytes.readUInt32BE(at + 1))
      case 0xdc:
        return this.#need(3) && this.#array(3, bytes.readUInt16BE(at + 1))
      case 0xdd:
        return this.#need(5) && this.#array(5, bytes.readUInt32BE(at + 1))
      case 0xde:
        return this.#need(3) && this.#map(3, bytes.readUInt16BE(at + 1))
      case 0xdf:
        return this.#need(5) && this.#map(5, bytes.readUInt32BE(at + 1))
    }
    this.problem = 'Bad data format in input.'
    return false
  }

  #number(size: number, read: () => number): boolean {
    if (!this.#need(size)) return false
    this.#vm.api.lua_pushnumber(this.#L, read())
    return this.#consume(size)
  }

  #string(header: number, length: number): boolean {
    if (!this.#need(header + length)) return false
    const start = this.offset + header
    this.#vm.push(this.#L, this.#bytes.toString('latin1', start, start + length))
    return this.#consume(header + length)
  }

  #array(header: number, count: number): boolean {
    const { api } = this.#vm
    this.#consume(header)
    this.#open('array')
    for (let i = 1; i <= count; i++) {
      if (!this.next()) return false
      api.lua_rawseti(this.#L, -2, i)
    }
    return true
  }

  #map(header: number, count: number): boolean {
    this.#consume(header)
    this.#open('hash')
    for (let i = 0; i < count; i++) {
      if (!this.next() || !this.next()) return false
      this.#vm.api.lua_rawset(this.#L, -3)
    }
    return true
  }

  #open(what: 'array' | 'hash'): void {
    if (this.#vm.api.lua_checkstack(this.#L, 4) === 0) {
      this.#vm.fail(this.#L, `stack overflow (in function mp_decode_to_lua_${what})`)
    }
    this.#vm.api.lua_createtable(this.#L, 0, 0)
  }

  #consume(size: number): true {
    this.offset += size
    return true
  }

  #need(size: number): boolean {
    if (this.left >= size) return true
    this.problem = 'Missing bytes in input.'
    return false
  }
}
