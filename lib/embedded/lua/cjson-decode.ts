import { parseDouble } from '../text/numbers.ts'
import type { JsonConfig } from './cjson-config.ts'
import type { Pointer } from './module.ts'
import type { LuaVm } from './vm.ts'

/** The longest text that C's `strtod` accepts as a number. */
const NUMBER =
  /[+-]?(?:0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)(?:p[+-]?\d+)?|inf(?:inity)?|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/iy
/** Numbers that `strtod` accepts although they are not valid JSON. */
const INVALID_NUMBER = /\+|-?(?:0[x0-9]|inf|nan)/iy
/** Characters that a string may contain unescaped; a NUL byte ends the text. */
const PLAIN = /[^"\\\0]*/y
const UNICODE = /\\u([0-9a-f]{4})(?:\\u([0-9a-f]{4}))?/iy
const ESCAPED: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

type Token =
  | { readonly kind: '{' | '}' | '[' | ']' | ':' | ',' | 'T_END' | 'T_NULL'; readonly at: number }
  | { readonly kind: 'T_STRING'; readonly at: number; readonly text: string }
  | { readonly kind: 'T_NUMBER'; readonly at: number; readonly value: number }
  | { readonly kind: 'T_BOOLEAN'; readonly at: number; readonly value: boolean }
  | { readonly kind: 'error'; readonly at: number; readonly problem: string }

const NAMES: Readonly<Record<string, string>> = {
  '{': 'T_OBJ_BEGIN',
  '}': 'T_OBJ_END',
  '[': 'T_ARR_BEGIN',
  ']': 'T_ARR_END',
  ':': 'T_COLON',
  ',': 'T_COMMA',
}

/** Decodes JSON text and pushes the value as `cjson.decode` does, or raises its error. */
export function decodeJson(vm: LuaVm, L: Pointer, text: string, config: JsonConfig): void {
  const { api } = vm
  let index = 0
  let depth = 0
  value(next())
  const last = next()
  if (last.kind !== 'T_END') expected('the end', last)

  function value(token: Token): void {
    switch (token.kind) {
      case 'T_STRING':
        vm.push(L, token.text)
        break
      case 'T_NUMBER':
        api.lua_pushnumber(L, token.value)
        break
      case 'T_BOOLEAN':
        api.lua_pushboolean(L, token.value ? 1 : 0)
        break
      case 'T_NULL':
        api.lua_pushlightuserdata(L, 0)
        break
      case '{':
        object()
        break
      case '[':
        array()
        break
      default:
        expected('value', token)
    }
  }

  function object(): void {
    descend()
    api.lua_createtable(L, 0, 0)
    let token = next()
    if (token.kind !== '}') {
      for (;;) {
        if (token.kind !== 'T_STRING') return expected('object key string', token)
        vm.push(L, token.text)
        token = next()
        if (token.kind !== ':') expected('colon', token)
        value(next())
        api.lua_rawset(L, -3)
        token = next()
        if (token.kind === '}') break
        if (token.kind !== ',') expected('comma or object end', token)
        token = next()
      }
    }
    depth--
  }

  function array(): void {
    descend()
    api.lua_createtable(L, 0, 0)
    let token = next()
    if (token.kind !== ']') {
      for (let i = 1; ; i++) {
        value(token)
        api.lua_rawseti(L, -2, i)
        token = next()
        if (token.kind === ']') break
        if (token.kind !== ',') expected('comma or array end', token)
        token = next()
      }
    }
    depth--
  }

  function descend(): void {
    depth++
    if (depth > config.decodeMaxDepth || api.lua_checkstack(L, 4) === 0) {
      vm.fail(L, `Found too many nested data structures (${depth}) at character ${index}`)
    }
  }

  function next(): Token {
    while (' \t\n\r'.includes(text[index] ?? '\0')) index++
    const at = index
    const char = text[index] ?? '\0'
    if (char === '\0') return { kind: 'T_END', at }
    if (char === '{' || char === '}' || char === '[' || char === ']' || char === ':' || char === ',') {
      index++
      return { kind: char, at }
    }
    if (char === '"') return string(at)
    if (char === '-' || (char >= '0' && char <= '9')) {
      return config.decodeInvalid === 0 && isAt(INVALID_NUMBER) ? problem('invalid number') : number(at)
    }
    if (text.startsWith('true', at)) return word(4, { kind: 'T_BOOLEAN', at, value: true })
    if (text.startsWith('false', at)) return word(5, { kind: 'T_BOOLEAN', at, value: false })
    if (text.startsWith('null', at)) return word(4, { kind: 'T_NULL', at })
    return config.decodeInvalid === 1 && isAt(INVALID_NUMBER) ? number(at) : problem('invalid token')
  }

  function word(length: number, token: Token): Token {
    index += length
    return token
  }

  function number(at: number): Token {
    const match = take(NUMBER)
    if (match === undefined) return problem('invalid number')
    index += match.length
    return { kind: 'T_NUMBER', at, value: toDouble(match) }
  }

  function string(at: number): Token {
    index++
    let result = ''
    for (;;) {
      const plain = take(PLAIN)!
      result += plain
      index += plain.length
      const char = text[index] ?? '\0'
      if (char === '\0') return problem('unexpected end of string')
      if (char === '"') {
        index++
        return { kind: 'T_STRING', at, text: result }
      }
      const letter = text[index + 1] ?? ''
      if (letter === 'u') {
        const bytes = unicode()
        if (bytes === undefined) return problem('invalid unicode escape code')
        result += bytes
        continue
      }
      const meant = ESCAPED[letter]
      if (meant === undefined) return problem('invalid escape code')
      result += meant
      index += 2
    }
  }

  /** Converts a `\u…` escape to UTF-8. A surrogate must be followed by its other half. */
  function unicode(): string | undefined {
    UNICODE.lastIndex = index
    const [, high, low] = UNICODE.exec(text) ?? []
    if (high === undefined) return undefined
    let code = Number.parseInt(high, 16)
    let length = 6
    if ((code & 0xf800) === 0xd800) {
      const second = Number.parseInt(low ?? '', 16)
      if ((code & 0x400) !== 0 || (second & 0xfc00) !== 0xdc00) return undefined
      code = ((code & 0x3ff) << 10) + (second & 0x3ff) + 0x10000
      length = 12
    }
    index += length
    return Buffer.from(String.fromCodePoint(code), 'utf8').toString('latin1')
  }

  function problem(what: string): Token {
    return { kind: 'error', at: index, problem: what }
  }

  function isAt(pattern: RegExp): boolean {
    return take(pattern) !== undefined
  }

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = index
    return pattern.exec(text)?.[0]
  }

  function expected(what: string, found: Token): never {
    const name = found.kind === 'error' ? found.problem : (NAMES[found.kind] ?? found.kind)
    return vm.fail(L, `Expected ${what} but found ${name} at character ${found.at + 1}`)
  }
}

/** The number as `strtod` reads it: infinite or zero if it is out of range. */
function toDouble(text: string): number {
  if (/nan/i.test(text)) return Number.NaN
  return parseDouble(text) ?? Number(text)
}
