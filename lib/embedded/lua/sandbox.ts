import { guardedFunctions, READ_ONLY, type SharedTables } from './guarded.ts'
import { GLOBALS, type Pointer, TYPE } from './module.ts'
import type { LuaFunction, LuaVm } from './vm.ts'

/**
 * The functions of Lua's basic library that scripts can call. Files, modules, output and
 * environments are left out.
 */
const BASICS = [
  'assert',
  'collectgarbage',
  'coroutine',
  'error',
  'gcinfo',
  'getmetatable',
  'ipairs',
  'load',
  'loadstring',
  'math',
  'next',
  'pairs',
  'pcall',
  'rawequal',
  'rawget',
  'rawset',
  'select',
  'setmetatable',
  'string',
  'table',
  'tonumber',
  'tostring',
  'type',
  'unpack',
  'xpcall',
  '_VERSION',
]

/** What Redis adds to the error that a script ends with: the line where it happened. */
const ERROR_HANDLER = `
local info, type, tostring = debug.getinfo, type, tostring
return function(err)
  local i = info(2, 'nSl')
  if i and i.what == 'C' then i = info(3, 'nSl') end
  if type(err) ~= 'table' then err = { err = 'ERR ' .. tostring(err) } end
  if i then
    err.source = i.source
    err.line = i.currentline
  end
  return err
end`

/**
 * The globals of scripts, which scripts cannot change. Redis has a flag for this in its copy of
 * Lua. Here scripts see empty tables that look up everything in the real ones and refuse writes.
 * The few Lua functions that see through this are replaced. `table.insert` can still write into an
 * empty table; {@link Sandbox.sweep} removes that again.
 */
export class Sandbox implements SharedTables {
  readonly #vm: LuaVm
  readonly #globals: number
  readonly #handler: number
  /**
   * The real tables, by the addresses of the empty ones in front of them. Those are never
   * collected.
   */
  readonly #behind = new Map<Pointer, number>()
  readonly #fronts: number[] = []
  readonly #front: number

  readonly #metatableOfGlobals: number
  readonly #metatableOfStrings: number

  /**
   * Opens Lua's libraries and adds the given ones.
   * @param replacements - functions that replace Lua's own, by library
   * @param libraries - further libraries for scripts: each function pushes its table
   */
  constructor(
    vm: LuaVm,
    replacements: () => Readonly<Record<string, Readonly<Record<string, LuaFunction>>>>,
    libraries: Readonly<Record<string, () => void>>,
  ) {
    const { api, L } = vm
    this.#vm = vm
    for (const library of ['base', 'table', 'string', 'math', 'debug'] as const) {
      vm.open(library === 'base' ? '' : library, api[`luaopen_${library}`])
    }
    vm.compile(ERROR_HANDLER, '@err_handler_def')
    api.lua_call(L, 0, 1)
    this.#handler = vm.keep()
    this.#replace('_G', guardedFunctions(vm, this))
    for (const [library, functions] of Object.entries(replacements())) this.#replace(library, functions)

    api.lua_createtable(L, 0, 48)
    for (const name of BASICS) {
      api.lua_getfield(L, GLOBALS, vm.constant(name))
      if (api.lua_type(L, -1) === TYPE.table) this.#protect()
      api.lua_setfield(L, -2, vm.constant(name))
    }
    for (const [name, push] of Object.entries(libraries)) {
      push()
      this.#protect()
      api.lua_setfield(L, -2, vm.constant(name))
    }
    vm.pushKept(L, this.#handler)
    api.lua_setfield(L, -2, vm.constant('__redis__err__handler'))
    this.#metatableOfStrings = this.#protectedMetatable(() => api.lua_getfield(L, -2, vm.constant('string')))
    this.#metatableOfGlobals = this.#protectedMetatable(() => vm.pushFunction(L, (at) => this.#missing(at)))
    vm.pushLibrary(L, { __index: (at) => this.#missing(at) })
    api.lua_setmetatable(L, -2)
    this.#nameNull()

    api.lua_pushvalue(L, -1)
    this.#globals = vm.keep()
    this.#protect()
    vm.pushKept(L, this.#globals)
    api.lua_pushvalue(L, -2)
    api.lua_setfield(L, -2, vm.constant('_G'))
    api.lua_settop(L, -2)
    api.lua_pushvalue(L, -1)
    this.#front = vm.keep()
    api.lua_replace(L, GLOBALS)
  }

  /** Sets a global variable to the value on top of the stack, and removes the value. */
  setGlobal(name: string): void {
    const { api, L } = this.#vm
    this.#vm.pushKept(L, this.#globals)
    api.lua_insert(L, -2)
    api.lua_setfield(L, -2, this.#vm.constant(name))
    api.lua_settop(L, -2)
  }

  /** Pushes the function that turns any error into a table with `err`, `source` and `line`. */
  pushErrorHandler(): void {
    this.#vm.pushKept(this.#vm.L, this.#handler)
  }

  /** Removes everything from a table that must stay empty. */
  sweep(): void {
    const { api, L } = this.#vm
    for (const front of this.#fronts) {
      this.#vm.pushKept(L, front)
      api.lua_pushnil(L)
      while (api.lua_next(L, -2) !== 0) {
        api.lua_settop(L, -2)
        api.lua_pushvalue(L, -1)
        api.lua_pushnil(L)
        api.lua_rawset(L, -4)
      }
      api.lua_settop(L, -2)
    }
  }

  isProtected(L: Pointer, index: number): boolean {
    return this.#behind.has(this.#vm.api.lua_topointer(L, index))
  }

  pushReal(L: Pointer, index: number): void {
    const real = this.#behind.get(this.#vm.api.lua_topointer(L, index))
    if (real === undefined) this.#vm.api.lua_pushvalue(L, index)
    else this.#vm.pushKept(L, real)
  }

  pushSharedMetatable(L: Pointer, index: number): boolean {
    const { api } = this.#vm
    const type = api.lua_type(L, index)
    if (type === TYPE.string) this.#vm.pushKept(L, this.#metatableOfStrings)
    else if (type === TYPE.lightUserdata) api.lua_pushnil(L)
    else if (type !== TYPE.table || !this.isProtected(L, index)) return false
    else {
      this.#vm.pushKept(L, this.#front)
      const isGlobals = api.lua_topointer(L, -1) === api.lua_topointer(L, index)
      api.lua_settop(L, -2)
      if (isGlobals) this.#vm.pushKept(L, this.#metatableOfGlobals)
      else api.lua_pushnil(L)
    }
    return true
  }

  /** Replaces the table on top of the stack by an empty table in front of it. */
  #protect(): void {
    const vm = this.#vm
    const { api, L } = vm
    const real = vm.keep()
    api.lua_createtable(L, 0, 0)
    api.lua_createtable(L, 0, 2)
    vm.pushKept(L, real)
    api.lua_setfield(L, -2, vm.constant('__index'))
    vm.pushFunction(L, (at) => vm.fail(at, READ_ONLY))
    api.lua_setfield(L, -2, vm.constant('__newindex'))
    api.lua_setmetatable(L, -2)
    this.#behind.set(api.lua_topointer(L, -1), real)
    api.lua_pushvalue(L, -1)
    this.#fronts.push(vm.keep())
  }

  #protectedMetatable(pushIndex: () => void): number {
    const { api, L } = this.#vm
    api.lua_createtable(L, 0, 1)
    pushIndex()
    api.lua_setfield(L, -2, this.#vm.constant('__index'))
    this.#protect()
    return this.#vm.keep()
  }

  /**
   * `tostring(cjson.null)` is how C prints a null pointer; scripts compare with the text of Linux.
   */
  #nameNull(): void {
    const { api, L } = this.#vm
    api.lua_pushlightuserdata(L, 0)
    this.#vm.pushLibrary(L, {
      __tostring: (at) => {
        this.#vm.push(at, 'userdata: (nil)')
        return 1
      },
    })
    api.lua_setmetatable(L, -2)
    api.lua_settop(L, -2)
  }

  #missing(L: Pointer): number {
    const name = this.#vm.string(L, 2)
    return this.#vm.fail(
      L,
      name === undefined
        ? 'Second argument to luaProtectedTableError must be a string or number'
        : `Script attempted to access nonexistent global variable '${name}'`,
    )
  }

  #replace(library: string, functions: Readonly<Record<string, LuaFunction>>): void {
    const { api, L } = this.#vm
    api.lua_getfield(L, GLOBALS, this.#vm.constant(library))
    for (const [name, fn] of Object.entries(functions)) {
      this.#vm.pushFunction(L, fn)
      api.lua_setfield(L, -2, this.#vm.constant(name))
    }
    api.lua_settop(L, -2)
  }
}
