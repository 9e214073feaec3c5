import { GLOBALS, MULTIPLE, type Pointer, TYPE } from './module.ts'
import type { LuaFunction, LuaVm } from './vm.ts'

/** The error for a script that changes shared tables. */
export const READ_ONLY = 'Attempt to modify a readonly table'

/** The tables that scripts share. Each is an empty table in front of the real one. */
export interface SharedTables {
  /** Whether the value at an index is a read-only table. */
  isProtected(L: Pointer, index: number): boolean
  /** Pushes the table itself, or the real table behind it. */
  pushReal(L: Pointer, index: number): void
  /**
   * Pushes the result of `getmetatable` for a shared value; returns false if the value is not
   * shared.
   */
  pushSharedMetatable(L: Pointer, index: number): boolean
}

/** What `lua_pcall` returns for any error other than running out of memory. */
const RUNTIME_ERROR = 2

/**
 * Replacements for those of Lua's functions that see through metatables or that run bytecode. To
 * scripts, the shared tables look like the real ones but are read-only. Wrong arguments get Lua's
 * own errors.
 */
export function guardedFunctions(vm: LuaVm, sandbox: SharedTables): Readonly<Record<string, LuaFunction>> {
  const { api } = vm
  api.lua_getfield(vm.L, GLOBALS, vm.constant('next'))
  const originalNext = vm.keep()
  let ourNext: number | undefined

  const refuse = (L: Pointer): never => {
    vm.push(L, READ_ONLY)
    return vm.raise(L)
  }
  const next: LuaFunction = (L) => {
    api.luaL_checktype(L, 1, TYPE.table)
    api.lua_settop(L, 2)
    sandbox.pushReal(L, 1)
    api.lua_replace(L, 1)
    if (api.lua_next(L, 1) !== 0) return 2
    api.lua_pushnil(L)
    return 1
  }
  return {
    next,
    pairs(L) {
      api.luaL_checktype(L, 1, TYPE.table)
      if (!sandbox.isProtected(L, 1)) vm.pushKept(L, originalNext)
      else {
        if (ourNext === undefined) {
          vm.pushFunction(vm.L, next)
          ourNext = vm.keep()
        }
        vm.pushKept(L, ourNext)
      }
      api.lua_pushvalue(L, 1)
      api.lua_pushnil(L)
      return 3
    },
    rawget(L) {
      api.luaL_checktype(L, 1, TYPE.table)
      api.luaL_checkany(L, 2)
      api.lua_settop(L, 2)
      sandbox.pushReal(L, 1)
      api.lua_insert(L, 2)
      api.lua_rawget(L, 2)
      return 1
    },
    rawset(L) {
      api.luaL_checktype(L, 1, TYPE.table)
      api.luaL_checkany(L, 2)
      api.luaL_checkany(L, 3)
      if (sandbox.isProtected(L, 1)) return refuse(L)
      api.lua_settop(L, 3)
      api.lua_rawset(L, 1)
      return 1
    },
    setmetatable(L) {
      const type = api.lua_type(L, 2)
      api.luaL_checktype(L, 1, TYPE.table)
      if (type !== TYPE.nil && type !== TYPE.table) return vm.failArgument(L, 2, 'nil or table expected')
      if (sandbox.isProtected(L, 1)) return refuse(L)
      if (hasMetafield(vm, L, '__metatable')) return vm.fail(L, 'cannot change a protected metatable')
      api.lua_settop(L, 2)
      api.lua_setmetatable(L, 1)
      return 1
    },
    getmetatable(L) {
      api.luaL_checkany(L, 1)
      if (sandbox.pushSharedMetatable(L, 1)) return 1
      if (hasMetafield(vm, L, '__metatable')) return 1
      if (api.lua_getmetatable(L, 1) === 0) api.lua_pushnil(L)
      return 1
    },
    pcall(L) {
      api.luaL_checkany(L, 1)
      const args = api.lua_gettop(L) - 1
      if (api.lua_pcall(L, args, MULTIPLE, 0) === 0) {
        api.lua_pushboolean(L, 1)
        api.lua_insert(L, 1)
        return api.lua_gettop(L)
      }
      // Since Redis 7 the errors of commands are tables; older scripts expect their text.
      if (api.lua_type(L, -1) === TYPE.table) {
        api.lua_getfield(L, -1, vm.constant('err'))
        if (api.lua_isstring(L, -1) !== 0) api.lua_replace(L, -2)
      }
      api.lua_pushboolean(L, 0)
      api.lua_insert(L, 1)
      return api.lua_gettop(L)
    },
    // Lua's own xpcall runs the handler where the error was raised. Within a hook nothing could end
    // the handler any more, so this xpcall runs it after the failed function has been left.
    xpcall(L) {
      api.luaL_checkany(L, 2)
      api.lua_settop(L, 2)
      api.lua_insert(L, 1)
      const status = api.lua_pcall(L, 0, MULTIPLE, 0)
      if (status === 0) {
        api.lua_pushboolean(L, 1)
        api.lua_replace(L, 1)
        return api.lua_gettop(L)
      }
      if (status === RUNTIME_ERROR && api.lua_pcall(L, 1, 1, 0) !== 0) vm.push(L, 'error in error handling')
      api.lua_pushboolean(L, 0)
      api.lua_insert(L, -2)
      return 2
    },
    loadstring(L) {
      const text = vm.checkString(L, 1)
      const name = vm.isNil(L, 2) ? text : vm.checkString(L, 2)
      return load(vm, L, text, name)
    },
    load(L) {
      api.luaL_checktype(L, 1, TYPE.function)
      const name = vm.isNil(L, 2) ? '=(load)' : vm.checkString(L, 2)
      let text = ''
      for (;;) {
        api.lua_pushvalue(L, 1)
        api.lua_call(L, 0, 1)
        if (vm.isNil(L, -1)) break
        const piece = vm.string(L, -1)
        if (piece === undefined) return vm.fail(L, 'reader function must return a string')
        api.lua_settop(L, -2)
        if (piece === '') break
        text += piece
      }
      return load(vm, L, text, name)
    },
  }
}

function load(vm: LuaVm, L: Pointer, text: string, name: string): number {
  const problem = vm.compile(text, name, L)
  if (problem === undefined) return 1
  vm.api.lua_pushnil(L)
  vm.push(L, problem)
  return 2
}

/** Whether the metatable of the first argument has a field. If so, the field stays on the stack. */
function hasMetafield(vm: LuaVm, L: Pointer, name: string): boolean {
  const { api } = vm
  if (api.lua_getmetatable(L, 1) === 0) return false
  vm.push(L, name)
  api.lua_rawget(L, -2)
  if (api.lua_type(L, -1) !== TYPE.nil) return true
  api.lua_settop(L, -3)
  return false
}
