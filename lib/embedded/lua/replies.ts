import {
  BigNumberReply,
  BooleanReply,
  DoubleReply,
  ErrorReply,
  MapReply,
  PairsReply,
  PushReply,
  type Reply,
  SetReply,
  Status,
  VerbatimReply,
} from '../resp/value.ts'
import { type Pointer, TYPE } from './module.ts'
import type { LuaVm } from './vm.ts'
import { Volume } from './volume.ts'

/**
 * How deep the tables that a script returns may nest. Redis allows some 8000, which is more than
 * our own stack allows.
 */
const MAX_NESTING = 1000

/**
 * Pushes the reply to a command in the form that scripts see. `protocol` is the version that the
 * script has chosen with `redis.setresp`.
 */
export function pushReply(vm: LuaVm, L: Pointer, reply: Reply, protocol: 2 | 3): void {
  const { api } = vm
  if (typeof reply === 'string') vm.push(L, reply)
  else if (typeof reply === 'number') api.lua_pushnumber(L, reply)
  else if (typeof reply === 'bigint') api.lua_pushnumber(L, Number(reply))
  else if (Array.isArray(reply)) pushArray(vm, L, reply, protocol)
  else if (reply instanceof Status) pushField(vm, L, 'ok', () => vm.push(L, reply.text))
  else if (reply instanceof ErrorReply) pushError(vm, L, reply.text, true)
  else if (reply instanceof PushReply) pushArray(vm, L, reply.items, protocol)
  else if (protocol === 2) pushPlain(vm, L, reply)
  else pushTyped(vm, L, reply)
}

/** Replaces values that RESP2 has no type for. */
function pushPlain(vm: LuaVm, L: Pointer, reply: Reply): void {
  if (reply instanceof DoubleReply) vm.push(L, reply.text)
  else if (reply instanceof BooleanReply) vm.api.lua_pushnumber(L, reply.value ? 1 : 0)
  else if (reply instanceof MapReply || reply instanceof PairsReply) pushArray(vm, L, reply.flat, 2)
  else if (reply instanceof SetReply) pushArray(vm, L, reply.members, 2)
  else if (reply instanceof VerbatimReply || reply instanceof BigNumberReply) vm.push(L, reply.text)
  // Null becomes false, because nil ends an array in Lua.
  else vm.api.lua_pushboolean(L, 0)
}

function pushTyped(vm: LuaVm, L: Pointer, reply: Reply): void {
  const { api } = vm
  if (reply instanceof DoubleReply) pushField(vm, L, 'double', () => api.lua_pushnumber(L, reply.value))
  else if (reply instanceof BooleanReply) api.lua_pushboolean(L, reply.value ? 1 : 0)
  else if (reply instanceof MapReply) {
    pushField(vm, L, 'map', () => {
      api.lua_createtable(L, 0, reply.flat.length / 2)
      for (let i = 0; i < reply.flat.length; i += 2) {
        pushReply(vm, L, reply.flat[i]!, 3)
        pushReply(vm, L, reply.flat[i + 1]!, 3)
        api.lua_rawset(L, -3)
      }
    })
  } else if (reply instanceof SetReply) {
    pushField(vm, L, 'set', () => {
      api.lua_createtable(L, 0, reply.members.length)
      for (const member of reply.members) {
        pushReply(vm, L, member, 3)
        api.lua_pushboolean(L, 1)
        api.lua_rawset(L, -3)
      }
    })
  } else if (reply instanceof PairsReply) {
    const pairs: Reply[] = []
    for (let i = 0; i < reply.flat.length; i += 2) pairs.push([reply.flat[i]!, reply.flat[i + 1]!])
    pushArray(vm, L, pairs, 3)
  } else if (reply instanceof VerbatimReply) {
    pushField(vm, L, 'verbatim_string', () => {
      pushField(vm, L, 'string', () => vm.push(L, reply.text))
      vm.push(L, reply.format)
      api.lua_setfield(L, -2, vm.constant('format'))
    })
  } else if (reply instanceof BigNumberReply) pushField(vm, L, 'big_number', () => vm.push(L, reply.text))
  else api.lua_pushnil(L)
}

function pushArray(vm: LuaVm, L: Pointer, items: readonly Reply[], protocol: 2 | 3): void {
  const { api } = vm
  api.lua_checkstack(L, 8)
  api.lua_createtable(L, items.length, 0)
  for (let i = 0; i < items.length; i++) {
    pushReply(vm, L, items[i]!, protocol)
    api.lua_rawseti(L, -2, i + 1)
  }
}

/** Pushes a table of one field. */
function pushField(vm: LuaVm, L: Pointer, name: string, pushValue: () => void): void {
  vm.api.lua_checkstack(L, 8)
  vm.api.lua_createtable(L, 0, 1)
  pushValue()
  vm.api.lua_setfield(L, -2, vm.constant(name))
}

/**
 * Pushes an error as `redis.pcall` returns it.
 * @param counted - the statistics include the error already: it must not be counted again if the
 * script ends with it
 */
export function pushError(vm: LuaVm, L: Pointer, text: string, counted = false): void {
  pushField(vm, L, 'err', () => vm.push(L, text))
  if (!counted) return
  vm.api.lua_pushboolean(L, 1)
  vm.api.lua_setfield(L, -2, vm.constant('ignore_error_stats_update'))
}

/**
 * Converts the value on top of the stack to a reply and removes it. Must run within a function that
 * Lua has called.
 */
export function takeReply(vm: LuaVm, L: Pointer, protocol: 2 | 3): Reply {
  return popReply(vm, L, { protocol, volume: new Volume(vm, L, 'the reply of the script') }, 0)
}

interface Taking {
  readonly protocol: 2 | 3
  readonly volume: Volume
}

function popReply(vm: LuaVm, L: Pointer, taking: Taking, depth: number): Reply {
  const { api } = vm
  const reply = depth > MAX_NESTING ? new ErrorReply('ERR reached lua stack limit') : topReply(vm, L, taking, depth)
  api.lua_settop(L, -2)
  return reply
}

function topReply(vm: LuaVm, L: Pointer, taking: Taking, depth: number): Reply {
  const { api } = vm
  const type = api.lua_type(L, -1)
  taking.volume.add(type === TYPE.string ? api.lua_objlen(L, -1) : 0)
  switch (type) {
    case TYPE.string:
      return vm.string(L, -1)!
    case TYPE.number:
      return truncate(api.lua_tonumber(L, -1))
    case TYPE.boolean: {
      const value = api.lua_toboolean(L, -1) !== 0
      if (taking.protocol === 3) return new BooleanReply(value)
      return value ? 1 : null
    }
    case TYPE.table:
      api.lua_checkstack(L, 8)
      return tableReply(vm, L, taking, depth)
    default:
      return null
  }
}

/** A number as an integer. A number that does not fit is converted as a processor would. */
function truncate(value: number): Reply {
  const whole = Math.trunc(value)
  if (Number.isSafeInteger(whole)) return whole === 0 ? 0 : whole
  return whole >= -(2 ** 63) && whole < 2 ** 63 ? BigInt(whole) : -(2n ** 63n)
}

function tableReply(vm: LuaVm, L: Pointer, taking: Taking, depth: number): Reply {
  const { api } = vm
  const special = specialReply(vm, L, taking, depth)
  if (special !== undefined) return special
  const items: Reply[] = []
  for (let i = 1; ; i++) {
    api.lua_rawgeti(L, -1, i)
    if (api.lua_type(L, -1) === TYPE.nil) break
    items.push(popReply(vm, L, taking, depth + 1))
  }
  api.lua_settop(L, -2)
  return items
}

/**
 * The reply for a table with one of the fields by which scripts choose a reply type, checked in
 * Redis's order.
 */
function specialReply(vm: LuaVm, L: Pointer, taking: Taking, depth: number): Reply | undefined {
  const { api } = vm
  const err = field(vm, L, 'err', TYPE.string)
  if (err !== undefined)
    return new ErrorReply(err.replace(/[\r\n]+$/, ''), booleanField(vm, L, 'ignore_error_stats_update'))
  const ok = field(vm, L, 'ok', TYPE.string)
  if (ok !== undefined) return new Status(oneLine(ok))
  const double = field(vm, L, 'double', TYPE.number)
  if (double !== undefined) return new DoubleReply(double)
  const bigNumber = field(vm, L, 'big_number', TYPE.string)
  if (bigNumber !== undefined) return new BigNumberReply(oneLine(bigNumber))
  if (pushTableField(vm, L, 'verbatim_string')) {
    const format = field(vm, L, 'format', TYPE.string)
    const text = field(vm, L, 'string', TYPE.string)
    api.lua_settop(L, -2)
    if (format !== undefined && text !== undefined) return new VerbatimReply(text, format.slice(0, 3).padEnd(3))
  }
  if (pushTableField(vm, L, 'map')) {
    const flat: Reply[] = []
    eachEntry(vm, L, () => {
      api.lua_pushvalue(L, -2)
      flat.push(popReply(vm, L, taking, depth + 1), popReply(vm, L, taking, depth + 1))
    })
    return new MapReply(flat)
  }
  if (pushTableField(vm, L, 'set')) {
    const members: Reply[] = []
    eachEntry(vm, L, () => {
      api.lua_settop(L, -2)
      api.lua_pushvalue(L, -1)
      members.push(popReply(vm, L, taking, depth + 1))
    })
    return new SetReply(members)
  }
  return undefined
}

/**
 * Visits the entries of the table on top of the stack, then removes the table. `visit` finds key
 * and value on the stack, and removes the value.
 */
function eachEntry({ api }: LuaVm, L: Pointer, visit: () => void): void {
  api.lua_pushnil(L)
  while (api.lua_next(L, -2) !== 0) visit()
  api.lua_settop(L, -2)
}

/** Pushes a field of the table on top of the stack if it is a table. */
function pushTableField(vm: LuaVm, L: Pointer, name: string): boolean {
  pushRawField(vm, L, name)
  if (vm.api.lua_type(L, -1) === TYPE.table) return true
  vm.api.lua_settop(L, -2)
  return false
}

function field(vm: LuaVm, L: Pointer, name: string, type: typeof TYPE.string): string | undefined
function field(vm: LuaVm, L: Pointer, name: string, type: typeof TYPE.number): number | undefined
function field(vm: LuaVm, L: Pointer, name: string, type: number): string | number | undefined {
  pushRawField(vm, L, name)
  let value: string | number | undefined
  if (vm.api.lua_type(L, -1) === type) {
    value = type === TYPE.string ? vm.string(L, -1) : vm.api.lua_tonumber(L, -1)
  }
  vm.api.lua_settop(L, -2)
  return value
}

function booleanField(vm: LuaVm, L: Pointer, name: string): boolean {
  pushRawField(vm, L, name)
  const value = vm.api.lua_toboolean(L, -1) !== 0
  vm.api.lua_settop(L, -2)
  return value
}

function pushRawField(vm: LuaVm, L: Pointer, name: string): void {
  vm.pushName(L, name)
  vm.api.lua_rawget(L, -2)
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ')
}
