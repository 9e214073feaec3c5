import type { Caller } from '../engine/caller.ts'
import type { Engine } from '../engine/engine.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'
import { type Compiled, Interpreter } from './interpreter.ts'
import { Random } from './random.ts'
import { sha1Hex } from './redis-library.ts'
import { ScriptRun } from './script-run.ts'
import { readShebang, type Shebang } from './shebang.ts'

const NO_SCRIPT = new ErrorReply('NOSCRIPT No matching script. Please use EVAL.')

/** A script that the server has stored. */
interface Script {
  readonly sha: string
  readonly shebang: Shebang
  compiled: Compiled
  /** The interpreter in which it is compiled. */
  interpreter: Interpreter
}

/** All scripts of one server, and their interpreter. Lua is loaded when the first script runs. */
export class Scripting {
  readonly #engine: Engine
  readonly #bySha = new Map<string, Script>()
  /** Lets EVAL skip the hash for a text that it has seen. */
  readonly #byText = new Map<string, Script>()
  readonly #random = new Random()
  #interpreter: Interpreter | undefined
  #client: Caller | undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /**
   * Stores a script.
   * @throws ErrorReply - if it is not a valid script
   */
  load(text: string): Script {
    const known = this.#byText.get(text)
    if (known !== undefined) return known
    const sha = sha1Hex(text)
    const shebang = readShebang(text)
    const interpreter = this.#start()
    const script: Script = { sha, shebang, interpreter, compiled: this.#compile(interpreter, sha, shebang) }
    this.#bySha.set(sha, script)
    this.#byText.set(text, script)
    return script
  }

  /** How many scripts are stored. */
  get count(): number {
    return this.#bySha.size
  }

  /** The length of all stored scripts together. */
  get textBytes(): number {
    let bytes = 0
    for (const text of this.#byText.keys()) bytes += text.length
    return bytes
  }

  /** Bytes that Lua uses; 0 before the first script. */
  get memoryBytes(): number {
    return this.#interpreter?.memoryBytes ?? 0
  }

  has(sha: string): boolean {
    return this.#bySha.has(sha.toLowerCase())
  }

  /** @throws ErrorReply - if the script is unknown */
  find(sha: string): Script {
    const script = this.#bySha.get(sha) ?? this.#bySha.get(sha.toLowerCase())
    if (script === undefined) throw NO_SCRIPT
    return script
  }

  flush(): void {
    this.#bySha.clear()
    this.#byText.clear()
    this.#interpreter = undefined
  }

  /** Runs a script for a client. With `readOnly` the script may not write. */
  run(caller: Caller, script: Script, keys: readonly string[], args: readonly string[], readOnly: boolean): Reply {
    const { flags } = script.shebang
    if (readOnly && flags !== undefined && !flags.has('no-writes')) {
      throw new ErrorReply('ERR Can not execute a script with write flag using *_ro command.')
    }
    const interpreter = this.#start()
    if (script.interpreter !== interpreter) {
      script.compiled = this.#compile(interpreter, script.sha, script.shebang)
      script.interpreter = interpreter
    }
    const run = new ScriptRun(caller, this.#scriptClient(), readOnly || flags?.has('no-writes') === true)
    const limitMs = Number(this.#engine.config.value('busy-reply-threshold'))
    try {
      return interpreter.run(script.compiled, run, keys, args, limitMs)
    } catch (error) {
      // The interpreter itself has failed: it is out of memory or out of stack. It does not know
      // what it left unfinished.
      this.#interpreter = undefined
      this.#engine.log('warning', `The Lua interpreter failed and is replaced: ${error}`)
      return new ErrorReply(`ERR Error running script ${script.sha}, ${error instanceof Error ? error.message : error}`)
    } finally {
      run.end()
      if (interpreter.isWorn) this.#interpreter = undefined
    }
  }

  #scriptClient(): Caller {
    if (this.#client === undefined) {
      this.#client = this.#engine.connect()
      this.#client.runsScripts = true
    }
    return this.#client
  }

  /** @throws ErrorReply - if the text is not valid Lua, or too large */
  #compile(interpreter: Interpreter, sha: string, { code }: Shebang): Compiled {
    try {
      return interpreter.compile(sha, code)
    } catch (error) {
      if (error instanceof ErrorReply && !interpreter.isWorn) throw error
      // The interpreter has no memory left, and cannot release any.
      this.#interpreter = undefined
      if (error instanceof ErrorReply) throw error
      throw new ErrorReply(
        `ERR Error compiling script (new function): ${error instanceof Error ? error.message : error}`,
      )
    }
  }

  #start(): Interpreter {
    this.#interpreter ??= Interpreter.start(this.#random)
    return this.#interpreter
  }
}

const ofEngine = new WeakMap<Engine, Scripting>()

/** The scripts of a server. */
export function scriptingOf(engine: Engine): Scripting {
  let scripting = ofEngine.get(engine)
  if (scripting === undefined) {
    scripting = new Scripting(engine)
    ofEngine.set(engine, scripting)
  }
  return scripting
}
