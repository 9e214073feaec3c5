import type { Pointer } from './module.ts'
import { StructFormat, type StructItem } from './struct-format.ts'
import type { LuaFunction, LuaVm } from './vm.ts'

/** The table `struct`: C structures in strings. @see http://www.inf.puc-rio.br/~roberto/struct/ */
export function structLibrary(vm: LuaVm): Readonly<Record<string, LuaFunction>> {
  const { api } = vm
  return {
    pack(L) {
      const format = new StructFormat(vm, L, vm.checkString(L, 1))
      let argument = 2
      let packed = ''
      for (let item = format.next(0); item !== undefined; item = format.next(packed.length)) {
        packed += '\0'.repeat(item.padding)
        if (item.kind === 'x') packed += '\0'
        else if (item.kind === 'c' || item.kind === 's') {
          const text = vm.checkString(L, argument++)
          const size = item.size === 0 ? text.length : item.size
          if (text.length < size) return vm.failArgument(L, argument, 'string too short')
          packed += text.slice(0, size) + (item.kind === 's' ? '\0' : '')
        } else packed += packNumber(api.luaL_checknumber(L, argument++), item)
      }
      vm.push(L, packed)
      return 1
    },
    unpack(L) {
      const format = new StructFormat(vm, L, vm.checkString(L, 1))
      const data = Buffer.from(vm.checkString(L, 2), 'latin1')
      let at = api.luaL_optinteger(L, 3, 1) - 1
      api.lua_settop(L, 2)
      const need = (size: number): void => {
        if (at < 0 || at + size > data.length) vm.failArgument(L, 2, 'data string too short')
      }
      for (let item = format.next(at); item !== undefined; item = format.next(at)) {
        at += item.padding
        need(item.size)
        if (api.lua_checkstack(L, 4) === 0) return vm.fail(L, 'stack overflow (too many results)')
        let { size } = item
        if (item.kind === 's') {
          const end = data.indexOf(0, at)
          if (end === -1) return vm.fail(L, 'unfinished string in data')
          size = end - at + 1
          vm.push(L, data.toString('latin1', at, end))
        } else if (item.kind === 'c') {
          if (size === 0) {
            size = previousNumber(vm, L)
            need(size)
          }
          vm.push(L, data.toString('latin1', at, at + size))
        } else if (item.kind !== 'x') api.lua_pushnumber(L, unpackNumber(data, at, item))
        at += size
      }
      api.lua_pushnumber(L, at + 1)
      return api.lua_gettop(L) - 2
    },
    size(L) {
      const format = new StructFormat(vm, L, vm.checkString(L, 1))
      let size = 0
      for (let item = format.next(0); item !== undefined; item = format.next(size)) {
        if (item.kind === 's') return vm.failArgument(L, 1, "option 's' has no fixed size")
        if (item.kind === 'c' && item.size === 0) return vm.failArgument(L, 1, "option 'c0' has no fixed size")
        size += item.padding + item.size
      }
      api.lua_pushnumber(L, size)
      return 1
    },
  }
}

/**
 * Removes the number that was unpacked last and returns it: the length of the string that follows.
 */
function previousNumber(vm: LuaVm, L: Pointer): number {
  if (vm.api.lua_gettop(L) <= 2 || vm.api.lua_isnumber(L, -1) === 0)
    return vm.fail(L, "format 'c0' needs a previous size")
  const size = Math.trunc(vm.api.lua_tonumber(L, -1))
  vm.api.lua_settop(L, -2)
  return size < 0 ? Number.POSITIVE_INFINITY : size
}

function packNumber(value: number, { kind, size, littleEndian }: StructItem): string {
  const bytes = Buffer.alloc(size)
  const view = new DataView(bytes.buffer, bytes.byteOffset, size)
  if (kind === 'f') view.setFloat32(0, value, littleEndian)
  else if (kind === 'd') view.setFloat64(0, value, littleEndian)
  else {
    let rest = toUnsigned(value)
    for (let i = 0; i < size; i++) {
      bytes[littleEndian ? i : size - 1 - i] = Number(rest & 0xffn)
      rest >>= 8n
    }
  }
  return bytes.toString('latin1')
}

/**
 * A number as an unsigned 64-bit integer of C. A number that does not fit is converted as
 * processors do.
 */
function toUnsigned(value: number): bigint {
  const whole = Math.trunc(value)
  if (!(whole >= -(2 ** 63) && whole < 2 ** 64)) return whole < 0 || Number.isNaN(whole) ? 2n ** 63n : 0n
  return BigInt.asUintN(64, BigInt(whole))
}

function unpackNumber(data: Buffer, at: number, { kind, size, littleEndian }: StructItem): number {
  if (kind === 'f') return littleEndian ? data.readFloatLE(at) : data.readFloatBE(at)
  if (kind === 'd') return littleEndian ? data.readDoubleLE(at) : data.readDoubleBE(at)
  let value = 0n
  for (let i = 0; i < size; i++) value = (value << 8n) | BigInt(data[littleEndian ? at + size - 1 - i : at + i]!)
  const isSigned = kind === kind.toLowerCase()
  return Number(isSigned ? BigInt.asIntN(Math.min(64, size * 8), value) : BigInt.asUintN(64, value))
}
