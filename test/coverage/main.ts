/**
 * Runs the tests with V8's own coverage and prints how much of each room of `lib/` they run: `npm run coverage`. Names of folders
 * or files of `test/` choose some of them: `npm run coverage -- rpc conformance` runs those two and prints the figures of `lib/rpc`.
 * Every branch that nothing ran is in `report/uncovered.txt`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Figures, type FileCoverage, figuresByRoom, isTypesOnly, uncoveredBranches } from './figures.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const REPORT = join(import.meta.dirname, 'report')
const C8 = join(ROOT, 'node_modules/c8/bin/c8.js')
const MOCHA = join(ROOT, 'node_modules/mocha/bin/mocha.js')
/** Mocha would load modules as CommonJS, and processes of the tests load them as ESM; V8's offsets are of one form. */
const AS_ESM = ['--node-option', 'no-experimental-require-module']
/** Each process of mocha is one of its own: it would kill the workers of `--parallel` before they have written all their figures. */
const AT_ONCE = 2
/** Few enough that no process is still at work long after the other, and enough that starting them costs little. */
const FILES_PER_PROCESS = 6

const chosen = process.argv.slice(2)
const tests = testFiles()
if (tests.length === 0) throw new Error(`no test in ${chosen.join(', ')}`)
const rooms = chosen.filter((name) => existsSync(join(ROOT, 'lib', name)))
const raw = mkdtempSync(join(tmpdir(), 'coverage-'))

const left = Array.from({ length: Math.ceil(tests.length / FILES_PER_PROCESS) }, (_, index) =>
  tests.slice(index * FILES_PER_PROCESS, (index + 1) * FILES_PER_PROCESS),
)
await Promise.all(Array.from({ length: AT_ONCE }, runNext))
report()
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

function testFiles(): string[] {
  const names = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.test.ts'))
    .filter((name) => chosen.length === 0 || chosen.some((start) => name === start || name.startsWith(`${start}/`)))
    .sort()
    .map((name) => join('test', name))
}

async function runNext(): Promise<void> {
  for (let files = left.shift(); files !== undefined; files = left.shift()) {
    const child = spawn(process.execPath, [MOCHA, ...AS_ESM, ...files], {
      cwd: ROOT,
      env: { ...process.env, NODE_V8_COVERAGE: raw },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [printed, [status]] = await Promise.all([text(child.stdout), once(child, 'close')])
    console.log(`${files.join(' ')}\n${printed}`)
    if (status !== 0) process.exitCode = 1
  }
}

function report(): void {
  const where = rooms.length === 0 ? ['lib/**/*.ts'] : rooms.map((room) => `lib/${room}/**/*.ts`)
  const from = ['--temp-directory', raw, '--merge-async', '--all', '--exclude', 'lib/dashboard/page/**']
  const to = ['--reports-dir', REPORT, '--reporter', 'json']
  const only = where.flatMap((pattern) => ['--include', pattern])
  const { status } = spawnSync(process.execPath, [C8, 'report', ...from, ...to, ...only], {
    cwd: ROOT,
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('c8 made no report')
}

function table(rooms: ReadonlyMap<string, Figures>): string {
  const share = ({ covered, total }: Figures[keyof Figures]) =>
    `${total === 0 ? '-' : ((100 * covered) / total).toFixed(1)} % of ${total}`
  const rows = [...rooms].map(([room, { lines, branches, functions }]) =>
    [room, share(lines), share(branches), share(functions)].join(' | '),
  )
  return ['room | lines | branches | functions', '---|---|---|---', ...rows].map((row) => `| ${row} |`).join('\n')
}
