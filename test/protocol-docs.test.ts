import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect } from 'chai'
import { PIPELINES } from './wire/pipeline-vectors.ts'
import { STREAMS } from './wire/stream-vectors.ts'
import { FAILURES, REFUSALS, TYPED, VECTORS } from './wire/vectors.ts'

const PAGE = resolve(import.meta.dirname, '../docs/protocol.md')

/** The page's tables are made from the vectors that the tests of the codec run from; `UPDATE_DOCS=1` writes them anew. */
const TABLES: Readonly<Record<string, () => string[][]>> = {
  values: () => [
    ['value', 'JSON part', '`meta`'],
    ...VECTORS.map(({ source, json, meta }) => [code(source), code(json), meta === undefined ? '' : code(meta)]),
  ],
  types: () => [
    ['value', 'JSON part', '`meta`'],
    ...TYPED.map(({ source, json, meta }) => [code(source), code(json), code(meta)]),
  ],
  failures: () => [
    ['thrown', '`exception`', '`error`', '`meta`'],
    ...FAILURES.map(({ source, exception, error, meta }) => [
      code(source),
      code(exception),
      code(error),
      meta === undefined ? '' : code(meta),
    ]),
  ],
  pipelines: () => [
    ['the function returns', '`function_call.args`', 'reply, behind its `id`'],
    ...PIPELINES.map(({ source, args, reply }) => [code(source), code(args), code(reply)]),
  ],
  streams: () => [
    ['the generator', '`name`', '`args`', '`return_value`'],
    ...STREAMS.map(({ source, name, args, reply }) => [code(source), code(name), code(args), code(reply)]),
  ],
  refusals: () => [
    ['value', 'path the error names'],
    ...REFUSALS.map(({ source, path }) => [code(source), code(path)]),
  ],
}

describe('docs/protocol.md', () => {
  for (const [name, rows] of Object.entries(TABLES)) {
    it(`shows the ${name} that the codec is tested with`, () => {
      const marked = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(\n<!-- end -->)`)
      const page = readFileSync(PAGE, 'utf8')
      expect(page).to.match(marked)
      const expected = page.replace(marked, (_, begin: string, end: string) => begin + table(rows()) + end)
      if (process.env.UPDATE_DOCS) writeFileSync(PAGE, expected)
      else expect(page).to.equal(expected)
    })
  }
})

function table([head = [], ...rows]: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Code in a table's cell: a bar is escaped, and backticks are fenced by more of them. */
function code(text: string): string {
  if (text === '') return ''
  const fence = text.includes('`') ? '``' : '`'
  return `${fence}${text.replaceAll('|', '\\|').replaceAll('\n', '\\n')}${fence}`
}
