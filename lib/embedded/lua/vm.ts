import {
  addExported,
  addFunction,
  LONGJMP,
  type LuaApi,
  LuaPanic,
  type Pointer,
  REGISTRY,
  startLua,
  TYPE,
  UPVALUE,
} from './module.ts'

/**
 * A function that scripts can call. It takes its arguments from the stack of `L`, pushes its
 * results, and returns how many there are.
 */
export type LuaFunction = (L: Pointer) => number

/** The size of the buffer in which strings are passed without allocating memory, in bytes. */
const SCRATCH_BYTES = 64 * 1024

/** How many JavaScript functions there may be. A script can add some with `cjson.new`. */
const MAX_FUNCTIONS = 50_000

/** The memory beyond which an interpreter is not reused for the next script. */
const WORN_FUNCTIONS = 5000
const WORN_BYTES = 64 * 1024 * 1024
/**
 * The arguments of `lua_gc` that ask for the memory in use: in whole kilobytes, and the remainder.
 */
const COUNT_KILOBYTES = 3
const COUNT_REMAINING_BYTES = 4

/**
 * One Lua interpreter. Converts strings to and from bytes, one character each, and lets Lua call
 * JavaScript.
 */
export class LuaVm {
  readonly api: LuaApi
  /** The main thread. Functions get the thread of the coroutine that calls them. */
  readonly L: Pointer
  /** Raises an error in Lua once a script has run for too long. */
  checkTime: ((L: Pointer) => void) | undefined
  readonly #scratch: Pointer
  readonly #length: Pointer
  readonly #dispatch: number
  readonly #functions: LuaFunction[] = []
  readonly #constants = new Map<string, Pointer>()
  readonly #names = new Map<string, number>()
  #bytes: Buffer = Buffer.alloc(0)
  #words: Uint32Array = new Uint32Array()

  private constructor(api: LuaApi) {
    this.api = api
    this.viewMemory()
    this.#scratch = api.malloc(SCRATCH_BYTES)
    this.#length = api.malloc(8)
    this.L = api.luaL_newstate()
    this.#dispatch = addFunction(api, 'function', (L) => this.#call(L!))
  }

  /** @throws ErrorReply - if Lua is not installed or cannot be used */
  static start(): LuaVm {
    let vm: LuaVm | undefined
    const api = startLua(() => vm?.viewMemory())
    vm = new LuaVm(api)
    vm.viewMemory()
    return vm
  }

  /**
   * Whether it has grown so much that a new interpreter should replace it: it never releases
   * memory.
   */
  get isWorn(): boolean {
    return this.api.memory.buffer.byteLength > WORN_BYTES || this.#functions.length > WORN_FUNCTIONS
  }

  /** Bytes that Lua uses. */
  get memoryBytes(): number {
    return this.api.lua_gc(this.L, COUNT_KILOBYTES, 0) * 1024 + this.api.lua_gc(this.L, COUNT_REMAINING_BYTES, 0)
  }

  /** The memory has moved, so that existing views of it are detached. */
  viewMemory(): void {
    const { buffer } = this.api.memory
    this.#bytes = Buffer.from(buffer)
    this.#words = new Uint32Array(buffer)
  }

  /** Pushes a string. */
  push(L: Pointer, text: string): void {
    const { length } = text
    if (length <= SCRATCH_BYTES) {
      this.#write(text, this.#scratch)
      this.api.lua_pushlstring(L, this.#scratch, length)
      return
    }
    const at = this.#allocate(length)
    this.#write(text, at)
    this.api.lua_pushlstring(L, at, length)
    this.api.free(at)
  }

  /** Pushes a string that is used often, and that Lua therefore keeps. */
  pushName(L: Pointer, name: string): void {
    let ref = this.#names.get(name)
    if (ref === undefined) {
      this.push(this.L, name)
      ref = this.keep()
      this.#names.set(name, ref)
    }
    this.pushKept(L, ref)
  }

  /**
   * The string at an index. A number there is converted in place, as Lua does. `undefined` for
   * other values.
   */
  string(L: Pointer, index: number): string | undefined {
    const at = this.api.lua_tolstring(L, index, this.#length)
    return at === 0 ? undefined : this.#read(at)
  }

  /** The string argument at an index; raises Lua's own error if it is not one. */
  checkString(L: Pointer, argument: number): string {
    return this.#read(this.api.luaL_checklstring(L, argument, this.#length))
  }

  /** A C string that is never freed: for names of fields and texts of errors. */
  constant(text: string): Pointer {
    let at = this.#constants.get(text)
    if (at === undefined) {
      at = this.#allocate(text.length + 1)
      this.#write(`${text}\0`, at)
      this.#constants.set(text, at)
    }
    return at
  }

  /** Removes the value on top of the stack and keeps it; {@link pushKept} pushes it again. */
  keep(): number {
    return this.api.luaL_ref(this.L, REGISTRY)
  }

  pushKept(L: Pointer, ref: number): void {
    this.api.lua_rawgeti(L, REGISTRY, ref)
  }

  forget(ref: number): void {
    this.api.luaL_unref(this.L, REGISTRY, ref)
  }

  /** Pushes a JavaScript function. It is kept as long as the interpreter. */
  pushFunction(L: Pointer, fn: LuaFunction): void {
    if (this.#functions.length >= MAX_FUNCTIONS) this.fail(L, 'too many functions')
    this.api.lua_pushnumber(L, this.#functions.push(fn) - 1)
    this.api.lua_pushcclosure(L, this.#dispatch, 1)
  }

  /** Opens one of Lua's own libraries. */
  open(name: string, opener: (L: Pointer) => number): void {
    this.api.lua_pushcclosure(this.L, addExported(this.api, opener), 0)
    this.push(this.L, name)
    this.api.lua_call(this.L, 1, 0)
  }

  /** Pushes a table of functions and values. */
  pushLibrary(L: Pointer, members: Readonly<Record<string, LuaFunction | string | number | null>>): void {
    this.api.lua_createtable(L, 0, 16)
    for (const [name, member] of Object.entries(members)) {
      if (typeof member === 'function') this.pushFunction(L, member)
      else if (typeof member === 'string') this.push(L, member)
      else if (typeof member === 'number') this.api.lua_pushnumber(L, member)
      else this.api.lua_pushlightuserdata(L, 0)
      this.api.lua_setfield(L, -2, this.constant(name))
    }
  }

  /** Compiles text and pushes the function, or returns the error. */
  compile(text: string, name: string, L: Pointer = this.L): string | undefined {
    const { api } = this
    // Lua does not verify bytecode, which could access all of its memory. After a blank, bytecode
    // is just invalid text.
    const source = text.startsWith('\x1b') ? ` ${text}` : text
    const at = this.#allocate(source.length)
    const nameAt = this.#allocate(name.length + 1)
    this.#write(source, at)
    this.#write(`${name}\0`, nameAt)
    const status = api.luaL_loadbuffer(L, at, source.length, nameAt)
    api.free(at)
    api.free(nameAt)
    if (status === 0) return undefined
    const problem = this.string(L, -1) ?? ''
    api.lua_settop(L, -2)
    return problem
  }

  /** Raises an error that names the line of the script. */
  fail(L: Pointer, message: string): never {
    this.api.luaL_where(L, 1)
    this.push(L, message)
    this.api.lua_concat(L, 2)
    return this.raise(L)
  }

  /** Raises Lua's error for a wrong argument. */
  failArgument(L: Pointer, argument: number, message: string): never {
    this.api.luaL_argerror(L, argument, this.constant(message))
    throw new LuaPanic('an error did not leave')
  }

  /** Raises the value on top of the stack as an error. */
  raise(L: Pointer): never {
    this.api.lua_error(L)
    throw new LuaPanic('an error did not leave')
  }

  isNil(L: Pointer, index: number): boolean {
    return this.api.lua_type(L, index) <= TYPE.nil
  }

  #call(L: Pointer): number {
    try {
      // Lua counts only its own instructions, but a few calls of our functions can take very long.
      this.checkTime?.(L)
      return this.#functions[this.api.lua_tonumber(L, UPVALUE)]!(L)
    } catch (error) {
      if (error === LONGJMP || error instanceof LuaPanic) throw error
      // Lua must unwind its own stack, so the error is raised in Lua. Too deep a recursion ends
      // here too.
      return this.fail(L, error instanceof RangeError ? 'stack overflow' : `internal error: ${error}`)
    }
  }

  #allocate(bytes: number): Pointer {
    const at = this.api.malloc(Math.max(bytes, 1))
    if (at === 0) throw new LuaPanic('not enough memory')
    return at
  }

  #write(text: string, at: Pointer): void {
    const { length } = text
    if (length > 32) {
      this.#bytes.write(text, at, length, 'latin1')
      return
    }
    const bytes = this.#bytes
    for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i)
  }

  #read(at: Pointer): string {
    return this.#bytes.toString('latin1', at, at + this.#words[this.#length >> 2]!)
  }
}
