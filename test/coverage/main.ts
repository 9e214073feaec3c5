/**
 * Runs the tests with V8's own coverage and prints how much of each room of `lib/` they run: `npm run coverage`, or
 * `npm run coverage -- 'test/wire/*.test.ts'` for some of them. Every branch that nothing ran is in `report/uncovered.txt`.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { type Figures, type FileCoverage, figuresByRoom, isTypesOnly, uncoveredBranches } from './figures.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const REPORT = join(import.meta.dirname, 'report')
const C8 = join(ROOT, 'node_modules/c8/bin/c8.js')
const MOCHA = join(ROOT, 'node_modules/mocha/bin/mocha.js')
/** Mocha would load modules as CommonJS, and processes of the tests load them as ESM; V8's offsets are of one form. */
const AS_ESM = ['--node-option', 'no-experimental-require-module']

const chosen = process.argv.slice(2)
const raw = mkdtempSync(join(tmpdir(), 'coverage-'))
mkdirSync(REPORT, { recursive: true })
const { status } = spawnSync(
  process.execPath,
  [
    ...[C8, '--temp-directory', raw, '--reports-dir', REPORT, '--reporter', 'json', '--merge-async', '--all'],
    ...['--include', 'lib/**/*.ts', '--exclude', 'lib/dashboard/page/**'],
    // One file after the other: a worker of --parallel is killed before it has written all its figures.
    ...[process.execPath, MOCHA, ...AS_ESM],
    ...(chosen.length > 0 ? chosen : ['test/**/*.test.ts']),
  ],
  { cwd: ROOT, stdio: 'inherit' },
)
rmSync(raw, { recursive: true })

const all: Record<string, FileCoverage> = JSON.parse(readFileSync(join(REPORT, 'coverage-final.json'), 'utf8'))
const files = new Map(
  Object.values(all)
    .filter(({ path }) => !isTypesOnly(path))
    .map((file) => [relative(join(ROOT, 'lib'), file.path), file]),
)
const uncovered = [...files].flatMap(([name, file]) => uncoveredBranches(file).map((place) => `lib/${name}:${place}`))
writeFileSync(join(REPORT, 'uncovered.txt'), `${uncovered.join('\n')}\n`)
console.log(table(figuresByRoom(files)))
process.exitCode = status ?? 1

function table(rooms: ReadonlyMap<string, Figures>): string {
  const share = ({ covered, total }: Figures[keyof Figures]) =>
    `${total === 0 ? '-' : ((100 * covered) / total).toFixed(1)} % of ${total}`
  const rows = [...rooms].map(([room, { lines, branches, functions }]) =>
    [room, share(lines), share(branches), share(functions)].join(' | '),
  )
  return ['room | lines | branches | functions', '---|---|---|---', ...rows].map((row) => `| ${row} |`).join('\n')
}
