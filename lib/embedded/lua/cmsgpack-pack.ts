import { type Pointer, TYPE } from './module.ts'
import type { LuaVm } from './vm.ts'
import { Volume } from './volume.ts'

/** Tables that are nested deeper than this become nil. */
const MAX_NESTING = 16

const byte = String.fromCharCode

/** Encodes the value on top of the stack as MessagePack, as `cmsgpack.pack` does. */
export function packValue(vm: LuaVm, L: Pointer): string {
  const { api } = vm
  const volume = new Volume(vm, L, 'MessagePack')
  return pack(0)

  function pack(level: number): string {
    const type = api.lua_type(L, -1)
    volume.add(type === TYPE.string ? api.lua_objlen(L, -1) : 0)
    switch (type) {
      case TYPE.string: {
        const text = vm.string(L, -1)!
        return header(text.length, { fixed: 0xa0, upTo: 31, marks: [0xd9, 0xda, 0xdb] }) + text
      }
      case TYPE.number:
        return packNumber(api.lua_tonumber(L, -1))
      case TYPE.boolean:
        return byte(api.lua_toboolean(L, -1) !== 0 ? 0xc3 : 0xc2)
      case TYPE.table:
        if (level < MAX_NESTING) return table(level + 1)
    }
    return '\xc0'
  }

  function table(level: number): string {
    api.lua_checkstack(L, 4)
    let packed = ''
    if (isArray()) {
      const length = api.lua_objlen(L, -1)
      for (let i = 1; i <= length; i++) {
        api.lua_rawgeti(L, -1, i)
        packed += pack(level)
        api.lua_settop(L, -2)
      }
      return header(length, { fixed: 0x90, upTo: 15, marks: [undefined, 0xdc, 0xdd] }) + packed
    }
    let count = 0
    api.lua_pushnil(L)
    while (api.lua_next(L, -2) !== 0) {
      count++
      api.lua_pushvalue(L, -2)
      packed += pack(level)
      api.lua_settop(L, -2)
      packed += pack(level)
      api.lua_settop(L, -2)
    }
    return header(count, { fixed: 0x80, upTo: 15, marks: [undefined, 0xde, 0xdf] }) + packed
  }

  /** Whether the keys of the table on top of the stack are exactly 1 to its number of elements. */
  function isArray(): boolean {
    let max = 0
    let count = 0
    api.lua_pushnil(L)
    while (api.lua_next(L, -2) !== 0) {
      api.lua_settop(L, -2)
      const key = api.lua_type(L, -1) === TYPE.number ? api.lua_tonumber(L, -1) : 0
      if (key <= 0 || !Number.isInteger(key)) {
        api.lua_settop(L, -2)
        return false
      }
      max = Math.max(max, key)
      count++
    }
    return max === count
  }
}

interface Marks {
  /** The type byte that includes the size, and the largest size that fits into it. */
  readonly fixed: number
  readonly upTo: number
  /** The type bytes before a size of 8, 16 and 32 bits. */
  readonly marks: readonly [number | undefined, number, number]
}

function header(size: number, { fixed, upTo, marks }: Marks): string {
  if (size <= upTo) return byte(fixed | size)
  if (marks[0] !== undefined && size <= 0xff) return byte(marks[0], size)
  if (size <= 0xffff) return byte(marks[1]) + unsigned(size, 2)
  return byte(marks[2]) + unsigned(size, 4)
}

function unsigned(value: number, size: number): string {
  let bytes = ''
  for (let shift = (size - 1) * 8; shift >= 0; shift -= 8) bytes += byte((value >>> shift) & 0xff)
  return bytes
}

const view = new DataView(new ArrayBuffer(8))

function viewed(mark: number, size: number): string {
  let bytes = byte(mark)
  for (let i = 0; i < size; i++) bytes += byte(view.getUint8(i))
  return bytes
}

function packNumber(value: number): string {
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) return packInteger(value)
  if (Math.fround(value) === value) {
    view.setFloat32(0, value)
    return viewed(0xca, 4)
  }
  view.setFloat64(0, value)
  return viewed(0xcb, 8)
}

function packInteger(value: number): string {
  if (value >= 0) {
    if (value <= 127) return byte(value)
    if (value <= 0xff) return byte(0xcc, value)
    if (value <= 0xffff) return `\xcd${unsigned(value, 2)}`
    if (value <= 0xffffffff) return `\xce${unsigned(value, 4)}`
    view.setBigUint64(0, BigInt(value))
    return viewed(0xcf, 8)
  }
  if (value >= -32) return byte(value & 0xff)
  if (value >= -128) return byte(0xd0, value & 0xff)
  if (value >= -32768) return `\xd1${unsigned(value & 0xffff, 2)}`
  if (value >= -2147483648) return `\xd2${unsigned(value, 4)}`
  view.setBigInt64(0, BigInt(value))
  return viewed(0xd3, 8)
}
