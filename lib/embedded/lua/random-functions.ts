import type { Random } from './random.ts'
import type { LuaFunction, LuaVm } from './vm.ts'

/** `math.random` and `math.randomseed`, on our own generator. */
export function randomFunctions(vm: LuaVm, random: Random): Readonly<Record<string, LuaFunction>> {
  const { api } = vm
  return {
    random(L) {
      const r = random.next()
      switch (api.lua_gettop(L)) {
        case 0:
          api.lua_pushnumber(L, r)
          break
        case 1: {
          const upper = api.luaL_checkinteger(L, 1)
          if (upper < 1) return vm.failArgument(L, 1, 'interval is empty')
          api.lua_pushnumber(L, Math.floor(r * upper) + 1)
          break
        }
        case 2: {
          const lower = api.luaL_checkinteger(L, 1)
          const upper = api.luaL_checkinteger(L, 2)
          if (lower > upper) return vm.failArgument(L, 2, 'interval is empty')
          api.lua_pushnumber(L, Math.floor(r * (upper - lower + 1)) + lower)
          break
        }
        default:
          return vm.fail(L, 'wrong number of arguments')
      }
      return 1
    },
    randomseed(L) {
      random.seed(api.luaL_checkinteger(L, 1))
      return 0
    },
  }
}
