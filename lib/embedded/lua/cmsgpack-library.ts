import { packValue } from './cmsgpack-pack.ts'
import { Unpacker } from './cmsgpack-unpack.ts'
import type { Pointer } from './module.ts'
import type { LuaFunction, LuaVm } from './vm.ts'

/** The table `cmsgpack`. @see https://github.com/antirez/lua-cmsgpack */
export function cmsgpackLibrary(vm: LuaVm): Readonly<Record<string, LuaFunction | string>> {
  const { api } = vm

  /**
   * Unpacks up to `limit` values. With `limit` 0 it unpacks all of them and does not return the
   * offset.
   */
  const unpack = (L: Pointer, limit: number, offset: number): number => {
    const bytes = vm.checkString(L, 1)
    const { length } = bytes
    if (offset < 0 || limit < 0) {
      return vm.fail(L, `Invalid request to unpack with offset of ${offset} and limit of ${length}.`)
    }
    if (offset > length) return vm.fail(L, `Start offset ${offset} greater than input length ${length}.`)
    const all = limit === 0 && offset === 0
    const unpacker = new Unpacker(vm, L, bytes, offset)
    let count = 0
    while (unpacker.left > 0 && (all || count < limit)) {
      if (api.lua_checkstack(L, 8) === 0) return vm.fail(L, 'stack overflow (in function mp_unpack_full)')
      if (!unpacker.next()) return vm.fail(L, unpacker.problem!)
      count++
    }
    if (all) return count
    api.lua_pushnumber(L, unpacker.left === 0 ? -1 : unpacker.offset)
    api.lua_insert(L, 2)
    return count + 1
  }
  return {
    pack(L) {
      const count = api.lua_gettop(L)
      if (count === 0) return vm.failArgument(L, 0, 'MessagePack pack needs input.')
      let packed = ''
      for (let i = 1; i <= count; i++) {
        api.lua_pushvalue(L, i)
        packed += packValue(vm, L)
        api.lua_settop(L, -2)
      }
      vm.push(L, packed)
      return 1
    },
    unpack: (L) => unpack(L, 0, 0),
    unpack_one(L) {
      const offset = api.luaL_optinteger(L, 2, 0)
      api.lua_settop(L, 1)
      return unpack(L, 1, offset)
    },
    unpack_limit(L) {
      const limit = api.luaL_checkinteger(L, 2)
      const offset = api.luaL_optinteger(L, 3, 0)
      api.lua_settop(L, 1)
      return unpack(L, limit, offset)
    },
    _NAME: 'cmsgpack',
    _VERSION: 'lua-cmsgpack 0.4.0',
    _COPYRIGHT: 'Copyright (C) 2012, Salvatore Sanfilippo',
    _DESCRIPTION: 'MessagePack C implementation for Lua',
  }
}
