import { dateNow } from '../../util/timers.ts'
import { loadLua } from './load-lua.ts'
import { type WasmMemory, type WasmModule, type WasmTable, wasm } from './web-assembly.ts'

/** A pointer into the interpreter's memory; 0 is `NULL`. */
export type Pointer = number

/**
 * The functions of Lua's C API that this server uses.
 * @see https://www.lua.org/manual/5.1/manual.html#3.7
 */
export interface LuaApi {
  readonly memory: WasmMemory
  readonly __indirect_function_table: WasmTable
  __wasm_call_ctors(): void
  stackSave(): Pointer
  stackRestore(pointer: Pointer): void
  setThrew(threw: number, value: number): void
  malloc(bytes: number): Pointer
  free(pointer: Pointer): void
  luaL_newstate(): Pointer
  luaL_loadbuffer(L: Pointer, text: Pointer, length: number, name: Pointer): number
  luaL_argerror(L: Pointer, argument: number, message: Pointer): number
  luaL_typerror(L: Pointer, argument: number, typeName: Pointer): number
  luaL_checktype(L: Pointer, argument: number, type: number): void
  luaL_checkany(L: Pointer, argument: number): void
  luaL_checknumber(L: Pointer, argument: number): number
  luaL_checkinteger(L: Pointer, argument: number): number
  luaL_optinteger(L: Pointer, argument: number, otherwise: number): number
  luaL_checklstring(L: Pointer, argument: number, length: Pointer): Pointer
  luaL_ref(L: Pointer, table: number): number
  luaL_unref(L: Pointer, table: number, ref: number): void
  luaL_where(L: Pointer, level: number): void
  luaopen_base(L: Pointer): number
  luaopen_table(L: Pointer): number
  luaopen_string(L: Pointer): number
  luaopen_math(L: Pointer): number
  luaopen_debug(L: Pointer): number
  lua_call(L: Pointer, args: number, results: number): void
  lua_checkstack(L: Pointer, slots: number): number
  lua_concat(L: Pointer, count: number): void
  lua_createtable(L: Pointer, items: number, fields: number): void
  lua_error(L: Pointer): number
  lua_gc(L: Pointer, what: number, data: number): number
  lua_getfield(L: Pointer, index: number, name: Pointer): void
  lua_getmetatable(L: Pointer, index: number): number
  lua_gettop(L: Pointer): number
  lua_insert(L: Pointer, index: number): void
  lua_isnumber(L: Pointer, index: number): number
  lua_isstring(L: Pointer, index: number): number
  lua_next(L: Pointer, index: number): number
  lua_objlen(L: Pointer, index: number): number
  lua_pcall(L: Pointer, args: number, results: number, handler: number): number
  lua_pushboolean(L: Pointer, value: number): void
  lua_pushcclosure(L: Pointer, fn: number, upvalues: number): void
  lua_pushlightuserdata(L: Pointer, pointer: Pointer): void
  lua_pushlstring(L: Pointer, text: Pointer, length: number): void
  lua_pushnil(L: Pointer): void
  lua_pushnumber(L: Pointer, value: number): void
  lua_pushvalue(L: Pointer, index: number): void
  lua_rawget(L: Pointer, index: number): void
  lua_rawgeti(L: Pointer, index: number, n: number): void
  lua_rawset(L: Pointer, index: number): void
  lua_rawseti(L: Pointer, index: number, n: number): void
  lua_remove(L: Pointer, index: number): void
  lua_replace(L: Pointer, index: number): void
  lua_setfield(L: Pointer, index: number, name: Pointer): void
  lua_sethook(L: Pointer, fn: number, mask: number, count: number): void
  lua_setmetatable(L: Pointer, index: number): number
  lua_settop(L: Pointer, index: number): void
  lua_toboolean(L: Pointer, index: number): number
  lua_tolstring(L: Pointer, index: number, length: Pointer): Pointer
  lua_tonumber(L: Pointer, index: number): number
  lua_topointer(L: Pointer, index: number): Pointer
  lua_touserdata(L: Pointer, index: number): Pointer
  lua_type(L: Pointer, index: number): number
}

export const TYPE = {
  none: -1,
  nil: 0,
  boolean: 1,
  lightUserdata: 2,
  number: 3,
  string: 4,
  table: 5,
  function: 6,
  userdata: 7,
  thread: 8,
} as const

export const REGISTRY = -10000
export const GLOBALS = -10002
/** The first upvalue of the running C function. */
export const UPVALUE = -10003
export const MULTIPLE = -1

/**
 * The exception that passes through the interpreter when Lua raises an error: Emscripten throws it
 * for `longjmp`.
 */
export const LONGJMP: number = Infinity

/** The interpreter has aborted. It does so when memory runs out where no error can be raised. */
export class LuaPanic extends Error {
  override readonly name = 'LuaPanic'
}

/** The memory that a script may use. Beyond it Lua raises "not enough memory". */
const MAX_MEMORY_BYTES: number = 256 * 1024 * 1024
const PAGE = 64 * 1024

let compiled: WasmModule | undefined

/**
 * Starts an interpreter. The first script reads and compiles the file, which takes some
 * milliseconds.
 * @param grown - called when the memory has moved
 * @throws ErrorReply - if Lua is not installed or cannot be used
 */
export function startLua(grown: () => void): LuaApi {
  compiled ??= loadLua()
  const imports: Record<string, Record<string, (...args: number[]) => number | undefined>> = {}
  // Files, the environment and processes. Lua's libraries for these are never opened, so nothing
  // calls these functions.
  for (const { module, name } of wasm.Module.imports(compiled)) {
    imports[module] ??= {}
    imports[module][name] = () => 0
  }
  Object.assign(imports.env!, {
    invoke_vii(fn: number, a: number, b: number) {
      const stack = api.stackSave()
      try {
        ;(api.__indirect_function_table.get(fn) as (a: number, b: number) => void)(a, b)
      } catch (error) {
        api.stackRestore(stack)
        if (error !== LONGJMP) throw error
        api.setThrew(1, 0)
      }
    },
    _emscripten_throw_longjmp() {
      throw LONGJMP
    },
    emscripten_memcpy_js(to: number, from: number, count: number) {
      new Uint8Array(api.memory.buffer).copyWithin(to, from, from + count)
    },
    emscripten_date_now: dateNow,
    emscripten_resize_heap(bytes: number) {
      const { memory } = api
      const wanted = bytes >>> 0
      if (wanted > MAX_MEMORY_BYTES) return 0
      const generous = Math.min(MAX_MEMORY_BYTES, Math.max(wanted, memory.buffer.byteLength * 1.5))
      memory.grow(Math.ceil((generous - memory.buffer.byteLength) / PAGE))
      grown()
      return 1
    },
    exit() {
      throw new LuaPanic('not enough memory')
    },
  })
  const api = new wasm.Instance(compiled, imports).exports as unknown as LuaApi
  api.__wasm_call_ctors()
  return api
}

/** `(i32) -> i32` is the type of a C function of Lua, and `(i32, i32) -> ()` that of a hook. */
const SIGNATURES = { function: [1, 0x7f, 1, 0x7f], hook: [2, 0x7f, 0x7f, 0] } as const

/** Makes a JavaScript function callable by C code, through a module that only gives it a type. */
export function addFunction(
  api: LuaApi,
  signature: keyof typeof SIGNATURES,
  fn: (...args: number[]) => number | undefined,
): number {
  const type = SIGNATURES[signature]
  // The module has three sections: one type, an import `e.f` of that type, and an export of it.
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, type.length + 2, 1, 0x60, ...type],
    ...[2, 7, 1, 1, 0x65, 1, 0x66, 0, 0],
    ...[7, 5, 1, 1, 0x66, 0, 0],
  ]
  const wrapper = new wasm.Instance(new wasm.Module(new Uint8Array(bytes)), { e: { f: fn } })
  return addExported(api, wrapper.exports.f)
}

/** Returns an address by which C code can call a function that WebAssembly exports. */
export function addExported(api: LuaApi, fn: unknown): number {
  const table = api.__indirect_function_table
  const at = table.grow(1)
  table.set(at, fn)
  return at
}
