import { createHash } from 'node:crypto'
import { REDIS_VERSION } from '../catalog/redis-version.ts'
import { ErrorReply } from '../resp/value.ts'
import type { LogLevel } from '../telemetry/log.ts'
import { formatDouble } from '../text/numbers.ts'
import { type Pointer, TYPE } from './module.ts'
import { pushError, pushReply } from './replies.ts'
import type { ScriptRun } from './script-run.ts'
import type { LuaFunction, LuaVm } from './vm.ts'
import { Volume } from './volume.ts'

const LEVELS: readonly LogLevel[] = ['debug', 'verbose', 'notice', 'warning']

/** The destinations of writes that `redis.set_repl` accepts. This server has no replicas. */
const TO_FILE = 1
const TO_REPLICAS = 2

/** The table `redis`. `running` returns the running script. */
export function redisLibrary(
  vm: LuaVm,
  running: () => ScriptRun,
): Readonly<Record<string, LuaFunction | string | number>> {
  const { api } = vm
  const fail = (L: Pointer, message: string): never => {
    pushError(vm, L, `ERR ${message}`)
    return vm.raise(L)
  }
  const callCommand = (L: Pointer, raises: boolean): number => {
    const argv = commandArguments(vm, L)
    if (typeof argv === 'string') {
      pushError(vm, L, `ERR ${argv}`)
      return raises ? vm.raise(L) : 1
    }
    const run = running()
    const reply = run.call(argv)
    pushReply(vm, L, reply, run.protocol)
    return raises && reply instanceof ErrorReply ? vm.raise(L) : 1
  }
  const [major, minor, patch] = REDIS_VERSION.split('.').map(Number) as [number, number, number]
  return {
    call: (L) => callCommand(L, true),
    pcall: (L) => callCommand(L, false),
    error_reply(L) {
      const text = onlyString(vm, L)
      if (text === undefined) pushError(vm, L, 'ERR wrong number or type of arguments')
      else pushError(vm, L, errorText(text))
      return 1
    },
    status_reply(L) {
      const text = onlyString(vm, L)
      if (text === undefined) pushError(vm, L, 'ERR wrong number or type of arguments')
      else {
        api.lua_createtable(L, 0, 1)
        vm.push(L, text)
        api.lua_setfield(L, -2, vm.constant('ok'))
      }
      return 1
    },
    sha1hex(L) {
      if (api.lua_gettop(L) !== 1) return fail(L, 'wrong number of arguments')
      vm.push(L, sha1Hex(vm.string(L, 1) ?? ''))
      return 1
    },
    log(L) {
      const count = api.lua_gettop(L)
      if (count < 2) return fail(L, 'redis.log() requires two arguments or more.')
      if (api.lua_isnumber(L, 1) === 0) return fail(L, 'First argument must be a number (log level).')
      const level = LEVELS[Math.trunc(api.lua_tonumber(L, 1))]
      if (level === undefined) return fail(L, 'Invalid debug level.')
      const words: string[] = []
      for (let i = 2; i <= count; i++) words.push(vm.string(L, i) ?? '')
      running().caller.engine.log(level, words.join(' '))
      return 0
    },
    setresp(L) {
      if (api.lua_gettop(L) !== 1) return fail(L, 'redis.setresp() requires one argument.')
      const protocol = Math.trunc(api.lua_tonumber(L, 1))
      if (protocol !== 2 && protocol !== 3) return fail(L, 'RESP version must be 2 or 3.')
      running().protocol = protocol
      return 0
    },
    set_repl(L) {
      if (api.lua_gettop(L) !== 1) return fail(L, 'redis.set_repl() requires two arguments.')
      const flags = Math.trunc(api.lua_tonumber(L, 1))
      if ((flags & ~(TO_FILE | TO_REPLICAS)) !== 0) {
        return fail(L, 'Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.')
      }
      running().propagates = (flags & TO_FILE) !== 0
      return 0
    },
    // There is one user, and it may run every command.
    acl_check_cmd(L) {
      const argv = commandArguments(vm, L)
      if (typeof argv === 'string') return fail(L, argv)
      if (running().caller.engine.commands.find(argv[0]!, argv[1]) === undefined) {
        return fail(L, 'Invalid command passed to redis.acl_check_cmd()')
      }
      api.lua_pushboolean(L, 1)
      return 1
    },
    replicate_commands(L) {
      api.lua_pushboolean(L, 1)
      return 1
    },
    // No debugger is attached.
    breakpoint(L) {
      api.lua_pushboolean(L, 0)
      return 1
    },
    debug: () => 0,
    LOG_DEBUG: 0,
    LOG_VERBOSE: 1,
    LOG_NOTICE: 2,
    LOG_WARNING: 3,
    REPL_NONE: 0,
    REPL_AOF: TO_FILE,
    REPL_SLAVE: TO_REPLICAS,
    REPL_REPLICA: TO_REPLICAS,
    REPL_ALL: TO_FILE | TO_REPLICAS,
    REDIS_VERSION,
    REDIS_VERSION_NUM: (major << 16) | (minor << 8) | patch,
  }
}

/** Takes a command of a script from the stack; returns the error if it is not valid. */
function commandArguments(vm: LuaVm, L: Pointer): string[] | string {
  const { api } = vm
  const count = api.lua_gettop(L)
  if (count === 0) return 'Please specify at least one argument for this redis lib call'
  const argv: string[] = []
  const volume = new Volume(vm, L, 'a command')
  for (let i = 1; i <= count; i++) {
    const type = api.lua_type(L, i)
    // One string can be passed in every argument, and each time its length counts.
    volume.add(type === TYPE.string ? api.lua_objlen(L, i) : 0)
    if (type === TYPE.string) argv.push(vm.string(L, i)!)
    // Lua itself writes only 14 digits.
    else if (type === TYPE.number) argv.push(formatDouble(api.lua_tonumber(L, i)))
    else return 'Lua redis lib command arguments must be strings or integers'
  }
  api.lua_settop(L, 0)
  return argv
}

function onlyString(vm: LuaVm, L: Pointer): string | undefined {
  return vm.api.lua_gettop(L) === 1 && vm.api.lua_type(L, 1) === TYPE.string ? vm.string(L, 1) : undefined
}

/** Formats an error as `redis.error_reply` does: a single word is not a code. */
function errorText(text: string): string {
  const plain = (text.startsWith('-') ? text.slice(1) : text).replace(/\0.*$/s, '')
  const space = plain.indexOf(' ')
  const [code, message] = space === -1 ? ['ERR', plain] : [plain.slice(0, space), plain.slice(space + 1)]
  return `${code} ${message.replace(/^[\r\n]+|[\r\n]+$/g, '')}`
}

export function sha1Hex(text: string): string {
  return createHash('sha1').update(text, 'latin1').digest('hex')
}
