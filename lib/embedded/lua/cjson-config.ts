import { type Pointer, TYPE } from './module.ts'
import type { LuaFunction, LuaVm } from './vm.ts'

/** The settings of `cjson` that a script can change. They also apply to later scripts. */
export interface JsonConfig {
  /**
   * Whether a sparse array, in which most elements are missing, becomes an object instead of an
   * error.
   */
  sparseConvert: boolean
  /**
   * An array is sparse if its largest index exceeds its number of elements times this; 0 for never.
   */
  sparseRatio: number
  /** An array whose largest index is at most this is never sparse. */
  sparseSafe: number
  encodeMaxDepth: number
  decodeMaxDepth: number
  /** How infinity and NaN are encoded: as an error, as they are, or as null. */
  encodeInvalid: 0 | 1 | 2
  decodeInvalid: 0 | 1
  precision: number
  keepBuffer: 0 | 1
}

export function defaultJsonConfig(): JsonConfig {
  return {
    sparseConvert: false,
    sparseRatio: 2,
    sparseSafe: 10,
    encodeMaxDepth: 1000,
    decodeMaxDepth: 1000,
    encodeInvalid: 0,
    decodeInvalid: 1,
    precision: 14,
    keepBuffer: 1,
  }
}

const MAX_INT = 2 ** 31 - 1

/** The functions of `cjson` that change a setting and return its value. */
export function jsonConfigFunctions(vm: LuaVm, config: JsonConfig): Readonly<Record<string, LuaFunction>> {
  const { api } = vm

  const begin = (L: Pointer, count: number): void => {
    if (api.lua_gettop(L) > count) vm.failArgument(L, count + 1, 'found too many arguments')
    api.lua_settop(L, count)
  }
  const integer = (L: Pointer, index: number, now: number, min: number, max: number): number => {
    let value = now
    if (!vm.isNil(L, index)) {
      value = api.luaL_checkinteger(L, index)
      if (value < min || value > max) vm.failArgument(L, index, `expected integer between ${min} and ${max}`)
    }
    api.lua_pushnumber(L, value)
    return value
  }
  const option = <T extends number>(L: Pointer, now: T, names: readonly string[]): T => {
    let value: number = now
    if (api.lua_type(L, 1) === TYPE.boolean) value = api.lua_toboolean(L, 1)
    else if (!vm.isNil(L, 1)) {
      const name = vm.checkString(L, 1)
      value = names.indexOf(name)
      if (value === -1) vm.failArgument(L, 1, `invalid option '${name}'`)
    }
    if (value < 2) api.lua_pushboolean(L, value)
    else vm.push(L, names[value]!)
    return value as T
  }
  return {
    encode_sparse_array(L) {
      begin(L, 3)
      config.sparseConvert = option(L, config.sparseConvert ? 1 : 0, ['off', 'on']) === 1
      config.sparseRatio = integer(L, 2, config.sparseRatio, 0, MAX_INT)
      config.sparseSafe = integer(L, 3, config.sparseSafe, 0, MAX_INT)
      return 3
    },
    encode_max_depth(L) {
      begin(L, 1)
      config.encodeMaxDepth = integer(L, 1, config.encodeMaxDepth, 1, MAX_INT)
      return 1
    },
    decode_max_depth(L) {
      begin(L, 1)
      config.decodeMaxDepth = integer(L, 1, config.decodeMaxDepth, 1, MAX_INT)
      return 1
    },
    encode_number_precision(L) {
      begin(L, 1)
      config.precision = integer(L, 1, config.precision, 1, 14)
      return 1
    },
    encode_invalid_numbers(L) {
      begin(L, 1)
      config.encodeInvalid = option(L, config.encodeInvalid, ['off', 'on', 'null'])
      return 1
    },
    decode_invalid_numbers(L) {
      begin(L, 1)
      config.decodeInvalid = option(L, config.decodeInvalid, ['off', 'on'])
      return 1
    },
    // This implementation has no buffer to keep.
    encode_keep_buffer(L) {
      begin(L, 1)
      config.keepBuffer = option(L, config.keepBuffer, ['off', 'on'])
      return 1
    },
  }
}
