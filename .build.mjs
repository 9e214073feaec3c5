/**
 * Builds `dist/`, which is what the package publishes: compiles `lib/`, adds the files of the
 * dashboard's page, and drops the declarations that no entry point reaches. Four of five describe
 * internals that `exports` in package.json hides, so no compiler would ever read them.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const ROOT = import.meta.dirname
const DIST = join(ROOT, 'dist')

rmSync(DIST, { recursive: true, force: true })
execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'lib'], {
  cwd: ROOT,
  stdio: 'inherit',
})
cpSync(join(ROOT, 'lib/dashboard/page'), join(DIST, 'dashboard/page'), {
  recursive: true,
  filter: (from) => !/\.ts$|tsconfig/.test(from),
})
const reached = reachedDeclarations()
for (const file of readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts')))
  if (!reached.has(join(DIST, file))) rmSync(join(DIST, file))

function reachedDeclarations() {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const files = new Set(Object.values(exports).flatMap(({ types }) => (types === undefined ? [] : [join(ROOT, types)])))
  // A set also iterates over what is added meanwhile.
  for (const file of files)
    for (const [, imported] of readFileSync(file, 'utf8').matchAll(/\b(?:from |import\()['"](\.[^'"]+)\.[jt]s['"]/g))
      files.add(resolve(dirname(file), `${imported}.d.ts`))
  return files
}
