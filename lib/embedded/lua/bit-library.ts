import type { Pointer } from './module.ts'
import type { LuaFunction, LuaVm } from './vm.ts'

/** The table `bit`: operations on 32-bit integers. @see https://bitop.luajit.org/api.html */
export function bitLibrary(vm: LuaVm): Readonly<Record<string, LuaFunction>> {
  const { api } = vm
  const argument = (L: Pointer, index: number): number => toBits(api.luaL_checknumber(L, index))
  const answer = (L: Pointer, bits: number): number => {
    api.lua_pushnumber(L, bits | 0)
    return 1
  }
  const fold =
    (combine: (a: number, b: number) => number): LuaFunction =>
    (L) => {
      let bits = argument(L, 1)
      for (let i = api.lua_gettop(L); i > 1; i--) bits = combine(bits, argument(L, i))
      return answer(L, bits)
    }
  const shift =
    (by: (bits: number, count: number) => number): LuaFunction =>
    (L) =>
      answer(L, by(argument(L, 1), argument(L, 2) & 31))
  return {
    tobit: (L) => answer(L, argument(L, 1)),
    bnot: (L) => answer(L, ~argument(L, 1)),
    band: fold((a, b) => a & b),
    bor: fold((a, b) => a | b),
    bxor: fold((a, b) => a ^ b),
    lshift: shift((bits, count) => bits << count),
    rshift: shift((bits, count) => bits >>> count),
    arshift: shift((bits, count) => bits >> count),
    rol: shift((bits, count) => (bits << count) | (bits >>> ((32 - count) & 31))),
    ror: shift((bits, count) => (bits << ((32 - count) & 31)) | (bits >>> count)),
    bswap(L) {
      const bits = argument(L, 1)
      return answer(L, (bits >>> 24) | ((bits >>> 8) & 0xff00) | ((bits & 0xff00) << 8) | (bits << 24))
    },
    tohex(L) {
      const digits = argument(L, 1) >>> 0
      const wanted = vm.isNil(L, 2) && api.lua_gettop(L) < 2 ? 8 : argument(L, 2)
      const text = digits.toString(16).padStart(8, '0')
      const size = Math.min(8, Math.abs(wanted))
      const part = size === 0 ? '' : text.slice(-size)
      vm.push(L, wanted < 0 ? part.toUpperCase() : part)
      return 1
    },
  }
}

const number = new Float64Array(1)
const bits = new DataView(number.buffer)
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/**
 * The lowest 32 bits of a number. The addition rounds the number in the same way as the C library.
 */
function toBits(value: number): number {
  number[0] = value + 6755399441055744
  return bits.getInt32(littleEndian ? 0 : 4, littleEndian)
}
