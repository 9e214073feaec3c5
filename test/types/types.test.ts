import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { expect } from 'chai'

const ROOT = resolve(import.meta.dirname, '../..')
const GENERATED = join(ROOT, 'test/docs/generated')

describe('types', function () {
  this.timeout(240_000) // compilers are slow on a machine that does other things too

  it('are what the checks in test/types say, and the code in README and docs compiles', () => {
    rmSync(GENERATED, { recursive: true, force: true })
    mkdirSync(GENERATED, { recursive: true })
    const blocks = pages().flatMap(codeOf)
    expect(blocks.length).to.be.greaterThan(10)
    // The module that the pages import their calculator from.
    copyFileSync(join(ROOT, 'examples/calculator/calculator.ts'), join(GENERATED, 'calculator.ts'))
    for (const { name, code } of blocks) writeFileSync(join(GENERATED, `${name}.ts`), code)
    writeFileSync(
      join(GENERATED, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../../tsconfig.json',
        compilerOptions: { noUnusedLocals: false, isolatedDeclarations: false, declaration: false },
        include: ['.', '../../types', '../../functions/types.ts'],
        exclude: [],
      }),
    )
    // A second checker would find out for itself what the first one knows of the library.
    expect(compile('typescript', GENERATED, '--checkers', '1')).to.deep.equal({ output: '', status: 0 })
    rmSync(GENERATED, { recursive: true })
  })

  it('are the same to TypeScript 5, which reads what is published', () => {
    rmSync(GENERATED, { recursive: true, force: true })
    const declarations = join(GENERATED, 'declarations')
    // `npm run typecheck` and the build check the library itself.
    const emit = ['--emitDeclarationOnly', '--noCheck', '--outDir', declarations]
    expect(compile('typescript', 'lib', ...emit)).to.deep.equal({ output: '', status: 0 })
    writeFileSync(
      join(GENERATED, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../types/tsconfig.json',
        compilerOptions: {
          paths: {
            'redis-object-rpc': ['./declarations/index.d.ts'],
            'redis-object-rpc/*': ['./declarations/*/index.d.ts'],
          },
        },
        include: ['../../types'],
        exclude: ['../../types/*.test.ts'],
      }),
    )
    expect(compile('typescript-5', GENERATED)).to.deep.equal({ output: '', status: 0 })
    rmSync(GENERATED, { recursive: true })
  })
})

function compile(compiler: string, project: string, ...options: string[]): { output: string; status: number | null } {
  const tsc = join(ROOT, 'node_modules', compiler, 'bin/tsc')
  const run = spawnSync(process.execPath, [tsc, '-p', project, ...options], { cwd: ROOT, encoding: 'utf8' })
  return { output: run.stdout + run.stderr, status: run.status }
}

function pages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))
  return [join(ROOT, 'README.md'), ...docs.map((name) => join(ROOT, 'docs', name))]
}

/** Each block of TypeScript is a module of its own. */
function codeOf(page: string): { name: string; code: string }[] {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
  return blocks.map(([, code = ''], index) => ({
    name: `${basename(page, '.md')}-${index + 1}`,
    code: `${code}\nexport {}\n`,
  }))
}
