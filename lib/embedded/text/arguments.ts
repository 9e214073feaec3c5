const HEX = /^[0-9a-fA-F]{2}$/
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' }
const isSpace = (char: string): boolean => char === ' ' || (char >= '\t' && char <= '\r')
/**
 * Redis skips vertical tabs and form feeds before an argument, but inside an argument they are part
 * of it.
 */
const endsWord = (char: string): boolean => isSpace(char) && char !== '\v' && char !== '\f'

/**
 * Splits a line into arguments as Redis does for inline commands: at blanks, with `"…"` (escapes
 * `\n`, `\x41`) and `'…'` (only `\'`).
 * @returns `undefined` if a quote is not closed, or is followed by anything but a blank.
 */
export function splitArguments(line: string): string[] | undefined {
  const argv: string[] = []
  let i = 0
  for (;;) {
    while (i < line.length && isSpace(line[i]!)) i++
    if (i >= line.length) return argv
    let argument = ''
    while (i < line.length && !endsWord(line[i]!)) {
      const char = line[i]!
      if (char === '"' || char === "'") {
        const quoted = char === '"' ? doubleQuoted(line, i + 1) : singleQuoted(line, i + 1)
        if (quoted === undefined) return undefined
        argument += quoted.text
        i = quoted.end
        if (i < line.length && !isSpace(line[i]!)) return undefined
      } else {
        argument += char
        i++
      }
    }
    argv.push(argument)
  }
}

interface Quoted {
  readonly text: string
  /** The position after the closing quote. */
  readonly end: number
}

function doubleQuoted(line: string, start: number): Quoted | undefined {
  let text = ''
  for (let i = start; i < line.length; i++) {
    const char = line[i]!
    if (char === '"') return { text, end: i + 1 }
    if (char !== '\\' || i + 1 >= line.length) {
      text += char
      continue
    }
    const hex = line.slice(i + 2, i + 4)
    if (line[i + 1] === 'x' && HEX.test(hex)) {
      text += String.fromCharCode(Number.parseInt(hex, 16))
      i += 3
    } else {
      text += ESCAPES[line[i + 1]!] ?? line[i + 1]!
      i++
    }
  }
  return undefined
}

function singleQuoted(line: string, start: number): Quoted | undefined {
  let text = ''
  for (let i = start; i < line.length; i++) {
    const char = line[i]!
    if (char === "'") return { text, end: i + 1 }
    if (char === '\\' && line[i + 1] === "'") {
      text += "'"
      i++
    } else text += char
  }
  return undefined
}

/** Text is quoted in pieces of this length, since V8 collects everything to replace before it replaces any of it. */
const PIECE = 16 * 1024
const NOT_AS_IT_IS = /[^ !#-[\]-~]/g
const NAMED: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '\b': '\\b',
}

/** The quoted form of each byte that is not written as it is. */
const QUOTED: readonly string[] = Array.from(
  { length: 256 },
  (_, code) => NAMED[String.fromCharCode(code)] ?? `\\x${code.toString(16).padStart(2, '0')}`,
)

/**
 * Writes bytes between double quotes as Redis does in MONITOR and in its log. The result may be
 * four times as long.
 */
export function quote(text: string): string {
  if (text.length <= PIECE) return `"${quotePiece(text)}"`
  const pieces: string[] = []
  for (let at = 0; at < text.length; at += PIECE) pieces.push(quotePiece(text.slice(at, at + PIECE)))
  return `"${pieces.join('')}"`
}

function quotePiece(text: string): string {
  return text.replace(NOT_AS_IT_IS, (char) => QUOTED[char.charCodeAt(0)]!)
}
