import { elapsedMs } from '../../util/timers.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'
import { bitLibrary } from './bit-library.ts'
import { cjsonLibrary } from './cjson-library.ts'
import { cmsgpackLibrary } from './cmsgpack-library.ts'
import { integerFunctions } from './integers.ts'
import { addFunction, type Pointer, TYPE } from './module.ts'
import type { Random } from './random.ts'
import { randomFunctions } from './random-functions.ts'
import { redisLibrary } from './redis-library.ts'
import { pushError, takeReply } from './replies.ts'
import { Sandbox } from './sandbox.ts'
import type { ScriptRun } from './script-run.ts'
import { structLibrary } from './struct-library.ts'
import { LuaVm } from './vm.ts'

/** How many instructions run between two checks of the clock. */
const INSTRUCTIONS = 100_000
const EVERY_COUNT = 8
const EVERY_LINE = 4

/** A compiled script. */
export interface Compiled {
  readonly sha: string
  /** The reference by which the interpreter keeps it. */
  readonly ref: number
  /** Whether it might write into the empty tables in front of the shared ones. */
  readonly mayFill: boolean
}

/** Runs scripts, one at a time. */
export class Interpreter {
  readonly #vm: LuaVm
  readonly #sandbox: Sandbox
  readonly #hook: number
  #run: ScriptRun | undefined
  #sha = ''
  #startedAt = 0
  #limitMs = 0
  #killed = false
  /** A function that takes the value on top of the stack as the result of the script. */
  readonly #outcome: number
  #failed = false
  #reply: Reply = null

  private constructor(vm: LuaVm, random: Random) {
    this.#vm = vm
    const running = (): ScriptRun => this.#run!
    this.#sandbox = new Sandbox(vm, () => ({ ...integerFunctions(vm), math: randomFunctions(vm, random) }), {
      redis: () => vm.pushLibrary(vm.L, redisLibrary(vm, running)),
      cjson: () => vm.pushLibrary(vm.L, cjsonLibrary(vm)),
      cmsgpack: () => vm.pushLibrary(vm.L, cmsgpackLibrary(vm)),
      bit: () => vm.pushLibrary(vm.L, bitLibrary(vm)),
      struct: () => vm.pushLibrary(vm.L, structLibrary(vm)),
    })
    this.#hook = addFunction(vm.api, 'hook', (L) => {
      this.#checkTime(L!)
      return undefined
    })
    vm.pushFunction(vm.L, (L) => {
      this.#reply = this.#failed ? this.#takeError(L) : takeReply(vm, L, this.#run!.protocol)
      return 0
    })
    this.#outcome = vm.keep()
  }

  /** @throws ErrorReply - if Lua is not installed or cannot be used */
  static start(random: Random): Interpreter {
    return new Interpreter(LuaVm.start(), random)
  }

  /** Whether the next script should run in a new interpreter. */
  get isWorn(): boolean {
    return this.#vm.isWorn
  }

  get memoryBytes(): number {
    return this.#vm.memoryBytes
  }

  /** @throws ErrorReply - if the text is not valid Lua */
  compile(sha: string, code: string): Compiled {
    const problem = this.#vm.compile(code, '@user_script')
    if (problem !== undefined) throw new ErrorReply(`ERR Error compiling script (new function): ${problem}`)
    return { sha, ref: this.#vm.keep(), mayFill: /insert|setn|load/.test(code) }
  }

  /**
   * Runs a script.
   * @param limitMs - the time after which the script is ended; 0 for no limit
   * @returns the result of the script, or the error it ended with
   */
  run(script: Compiled, run: ScriptRun, keys: readonly string[], args: readonly string[], limitMs: number): Reply {
    const { api, L } = this.#vm
    this.#run = run
    this.#sha = script.sha
    this.#limitMs = limitMs
    this.#killed = false
    this.#startedAt = elapsedMs()
    this.#sandbox.pushErrorHandler()
    this.#vm.pushKept(L, script.ref)
    this.#setArray('KEYS', keys)
    this.#setArray('ARGV', args)
    if (limitMs > 0) {
      api.lua_sethook(L, this.#hook, EVERY_COUNT, INSTRUCTIONS)
      this.#vm.checkTime = (thread) => this.#checkTime(thread)
    }
    this.#failed = api.lua_pcall(L, 0, 1, -2) !== 0
    this.#takeOutcome()
    api.lua_sethook(L, 0, 0, 0)
    this.#vm.checkTime = undefined
    const reply = this.#killed ? killedAfter(limitMs, script.sha) : this.#reply
    this.#reply = null
    api.lua_settop(L, 0)
    if (script.mayFill) this.#sandbox.sweep()
    this.#run = undefined
    return reply
  }

  /**
   * Reading the result can run more of the script, in metatables, and the result can be too large:
   * the same limits apply to it as to the script.
   */
  #takeOutcome(): void {
    const { api, L } = this.#vm
    this.#vm.pushKept(L, this.#outcome)
    api.lua_insert(L, -2)
    if (api.lua_pcall(L, 1, 0, 0) === 0) return
    const text = api.lua_type(L, -1) === TYPE.string ? this.#vm.string(L, -1)! : 'unknown error'
    this.#reply = new ErrorReply(`ERR ${text}`)
  }

  #setArray(name: string, items: readonly string[]): void {
    const { api, L } = this.#vm
    api.lua_createtable(L, items.length, 0)
    for (let i = 0; i < items.length; i++) {
      this.#vm.push(L, items[i]!)
      api.lua_rawseti(L, -2, i + 1)
    }
    this.#sandbox.setGlobal(name)
  }

  /** The error on top of the stack, with the place it came from. */
  #takeError(L: Pointer): ErrorReply {
    const { api } = this.#vm
    const sha = this.#sha
    if (api.lua_type(L, -1) !== TYPE.table) {
      const text = this.#vm.string(L, -1) ?? 'execution failure'
      return new ErrorReply(`ERR Error running script ${sha}, ${text.slice(0, 100)}`)
    }
    const [err, source, line] = ['err', 'source', 'line'].map((name) => {
      api.lua_getfield(L, -1, this.#vm.constant(name))
      const value = this.#vm.string(L, -1)
      api.lua_settop(L, -2)
      return value
    })
    api.lua_getfield(L, -1, this.#vm.constant('ignore_error_stats_update'))
    const counted = api.lua_toboolean(L, -1) !== 0
    const place = source === undefined || line === undefined ? '' : ` script: ${sha}, on ${source}:${line}.`
    return new ErrorReply(`${err ?? 'ERR unknown error'}${place}`, counted)
  }

  /**
   * No other client is served while a script runs, so nobody could send SCRIPT KILL. The clock ends
   * the script instead.
   */
  #checkTime(L: Pointer): void {
    if (elapsedMs() - this.#startedAt < this.#limitMs) return
    // From here on every step fails, so that no pcall of the script can keep it running, not even
    // one around a coroutine.
    for (const thread of [L, this.#vm.L]) this.#vm.api.lua_sethook(thread, this.#hook, EVERY_COUNT | EVERY_LINE, 1)
    this.#killed = true
    pushError(this.#vm, L, 'ERR Script killed')
    this.#vm.raise(L)
  }
}

/** The same error as after SCRIPT KILL in Redis, except for who ended the script. */
function killedAfter(limitMs: number, sha: string): ErrorReply {
  return new ErrorReply(`ERR Script killed after ${limitMs} ms (busy-reply-threshold)... script: ${sha}`)
}
