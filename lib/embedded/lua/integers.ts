import { GLOBALS, MULTIPLE, type Pointer } from './module.ts'
import type { LuaFunction, LuaVm } from './vm.ts'

const NARROW = 2 ** 31
const MAX_FLAGS = 5

/** A conversion of `string.format`: flags, width, precision and letter. */
const CONVERSION = /%(?:%|([-+ #0]*)(\d*)(?:\.(\d*))?(.?))/gs

/**
 * The Lua functions that compute with C's `long`. It has 64 bits where Redis runs, but 32 in
 * WebAssembly, which is too few for a time in milliseconds.
 */
export function integerFunctions(vm: LuaVm): Readonly<Record<'_G' | 'string', Readonly<Record<string, LuaFunction>>>> {
  const { api, L } = vm
  api.lua_getfield(L, GLOBALS, vm.constant('string'))
  api.lua_getfield(L, -1, vm.constant('format'))
  const originalFormat = vm.keep()
  api.lua_settop(L, -2)
  return {
    string: {
      format(at) {
        const format = formatWide(vm, at)
        vm.push(at, format)
        api.lua_replace(at, 1)
        vm.pushKept(at, originalFormat)
        api.lua_insert(at, 1)
        api.lua_call(at, api.lua_gettop(at) - 1, MULTIPLE)
        return api.lua_gettop(at)
      },
    },
    _G: {
      tonumber(at) {
        const base = vm.isNil(at, 2) ? 10 : api.luaL_checkinteger(at, 2)
        if (base === 10) {
          api.luaL_checkany(at, 1)
          if (api.lua_isnumber(at, 1) === 0) api.lua_pushnil(at)
          else api.lua_pushnumber(at, api.lua_tonumber(at, 1))
          return 1
        }
        const text = vm.checkString(at, 1)
        if (base < 2 || base > 36) return vm.failArgument(at, 2, 'base out of range')
        const value = parseInBase(text, base)
        if (value === undefined) api.lua_pushnil(at)
        else api.lua_pushnumber(at, value)
        return 1
      },
    },
  }
}

/**
 * Reads an integer as `strtoul` does: with a sign and, in base 16, with `0x`. Negative numbers wrap
 * around; numbers that are too large are clamped.
 */
function parseInBase(given: string, base: number): number | undefined {
  const match = /^[ \t\n\v\f\r]*([+-]?)(.*?)[ \t\n\v\f\r]*$/s.exec(given)!
  const digits = base === 16 ? match[2]!.replace(/^0x(?=[0-9a-f])/i, '') : match[2]!
  if (digits === '') return undefined
  let value = 0n
  for (const char of digits) {
    const digit = Number.parseInt(char, 36)
    if (!(digit < base)) return undefined
    value = value * BigInt(base) + BigInt(digit)
  }
  if (value >= 2n ** 64n) return 2 ** 64
  return Number(match[1] === '-' ? BigInt.asUintN(64, -value) : value)
}

/**
 * Checks the arguments of `string.format` here, where Lua knows the name of the function for its
 * errors.
 * @returns the format, with integers that are too wide for the original already inserted; their
 * arguments are removed
 */
function formatWide(vm: LuaVm, L: Pointer): string {
  const { api } = vm
  let argument = 1
  let top = api.lua_gettop(L)
  const check = (whole: string, flags: string, width: string, precision: string | undefined, kind: string): string => {
    if (whole === '%%') return whole
    if (++argument > top) return vm.failArgument(L, argument, 'no value')
    if (flags.length > MAX_FLAGS) return vm.fail(L, 'invalid format (repeated flags)')
    if (width.length > 2 || (precision ?? '').length > 2) {
      return vm.fail(L, 'invalid format (width or precision too long)')
    }
    if (/^[dioxXu]$/.test(kind)) {
      const value = Math.trunc(api.luaL_checknumber(L, argument))
      if (value < NARROW && value >= (/[di]/.test(kind) ? -NARROW : 0)) return whole
      api.lua_remove(L, argument--)
      top--
      return writeInteger(value, { flags, width: Number(width), precision, kind })
    }
    if (/^[eEfgGc]$/.test(kind)) api.luaL_checknumber(L, argument)
    else if (/^[qs]$/.test(kind)) vm.checkString(L, argument)
    else return vm.fail(L, `invalid option '%${kind}' to 'format'`)
    return whole
  }
  return vm.checkString(L, 1).replace(CONVERSION, check)
}

interface Conversion {
  readonly flags: string
  readonly width: number
  readonly precision: string | undefined
  readonly kind: string
}

/** Formats an integer as C's `printf` does. */
function writeInteger(value: number, { flags, width, precision, kind }: Conversion): string {
  const signed = kind === 'd' || kind === 'i'
  const exact = Math.abs(value) < 2 ** 63 ? BigInt(value) : -(2n ** 63n)
  const magnitude = signed ? (exact < 0n ? -exact : exact) : BigInt.asUintN(64, exact)
  const radix = kind === 'o' ? 8 : kind === 'x' || kind === 'X' ? 16 : 10
  let digits = magnitude.toString(radix)
  if (kind === 'X') digits = digits.toUpperCase()
  if (precision !== undefined) digits = digits.padStart(Number(precision), '0')
  const sign = !signed ? '' : exact < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  const prefix = sign + (flags.includes('#') ? (radix === 16 ? `0${kind}` : radix === 8 ? '0' : '') : '')
  if (flags.includes('-')) return (prefix + digits).padEnd(width)
  if (flags.includes('0') && precision === undefined) return prefix + digits.padStart(width - prefix.length, '0')
  return (prefix + digits).padStart(width)
}
