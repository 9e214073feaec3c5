import { defaultJsonConfig, jsonConfigFunctions } from './cjson-config.ts'
import { decodeJson } from './cjson-decode.ts'
import { encodeJson } from './cjson-encode.ts'
import type { LuaFunction, LuaVm } from './vm.ts'

/**
 * The table `cjson`, with its own settings.
 * @see https://kyne.au/~mark/software/lua-cjson-manual.html
 */
export function cjsonLibrary(vm: LuaVm): Readonly<Record<string, LuaFunction | string | null>> {
  const { api } = vm
  const config = defaultJsonConfig()
  return {
    encode(L) {
      if (api.lua_gettop(L) !== 1) return vm.failArgument(L, 1, 'expected 1 argument')
      vm.push(L, encodeJson(vm, L, config))
      return 1
    },
    decode(L) {
      if (api.lua_gettop(L) !== 1) return vm.failArgument(L, 1, 'expected 1 argument')
      const text = vm.checkString(L, 1)
      if (text.length >= 2 && (text[0] === '\0' || text[1] === '\0')) {
        return vm.fail(L, 'JSON parser does not support UTF-16 or UTF-32')
      }
      decodeJson(vm, L, text, config)
      return 1
    },
    ...jsonConfigFunctions(vm, config),
    new(L) {
      vm.pushLibrary(L, cjsonLibrary(vm))
      return 1
    },
    null: null,
    _NAME: 'cjson',
    _VERSION: '2.1.0',
  }
}
