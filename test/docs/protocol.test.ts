import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect } from 'chai'
import { OBJECTS } from '../wire/object-vectors.ts'
import { PIPELINES } from '../wire/pipeline-vectors.ts'
import { REPORT_LINES, WATCH_LINES } from '../wire/report-vectors.ts'
import { SIGNATURES } from '../wire/signature-vectors.ts'
import { STREAMS } from '../wire/stream-vectors.ts'
import { FAILURES, REFUSALS, TYPED, VECTORS } from '../wire/vectors.ts'

const PAGE = resolve(import.meta.dirname, '../../docs/protocol.md')

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
  signatures: () => [
    ['list', 'message', '`signature`'],
    ...SIGNATURES.map(({ list, text, signature }) => [code(list), code(text), code(signature)]),
  ],
  refusals: () => [
    ['value', 'path the error names'],
    ...REFUSALS.map(({ source, path }) => [code(source), code(path)]),
  ],
}

/** What the page shows as `MONITOR` prints it. */
const EXCHANGES: Readonly<Record<string, () => string>> = {
  watch: () => `\`\`\`\n${WATCH_LINES.join('\n')}\n\`\`\``,
  reports: () => `\`\`\`\n${REPORT_LINES.join('\n')}\n\`\`\``,
  objects: () =>
    OBJECTS.map(({ source, lines }) => `${heading(source)}\n\n\`\`\`\n${lines.join('\n')}\n\`\`\``).join('\n\n'),
}

describe('docs/protocol.md', () => {
  const tables = Object.entries(TABLES).map(([name, rows]) => [name, () => table(rows())] as const)
  for (const [name, text] of [...tables, ...Object.entries(EXCHANGES)]) {
    it(`shows the ${name} that the codec is tested with`, () => {
      const marked = new RegExp(`(<!-- ${name} -->)\n[\\s\\S]*?(<!-- end -->)`)
      const page = readFileSync(PAGE, 'utf8')
      expect(page).to.match(marked)
      const expected = page.replace(marked, (_, begin: string, end: string) => `${begin}\n${text()}\n${end}`)
      if (process.env.UPDATE_DOCS) writeFileSync(PAGE, expected)
      else expect(page).to.equal(expected)
    })
  }
})

function heading(source: string): string {
  return `${source.charAt(0).toUpperCase()}${source.slice(1)}:`
}

function table([head = [], ...rows]: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Code in a table's cell: a bar is escaped, and backticks are fenced by more of them. */
function code(text: string): string {
  if (text === '') return ''
  const fence = text.includes('`') ? '``' : '`'
  return `${fence}${text.replaceAll('|', '\\|').replaceAll('\n', '\\n')}${fence}`
}
