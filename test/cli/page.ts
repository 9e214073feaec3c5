/** The help of each command within `docs/cli.md`. Run as a program, it writes what is there now. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CATALOG } from '../../lib/cli/catalog.ts'
import { fill, makeProgram } from '../../lib/cli/frame/program.ts'
import { rawHelp } from '../../lib/cli/raw-command.ts'

const PAGE = fileURLToPath(new URL('../../docs/cli.md', import.meta.url))
const COLUMNS = 110

/** The page as it is. */
export function readPage(): string {
  return readFileSync(PAGE, 'utf8')
}

/** The page as it should be: what stands between `<!-- help: call -->` and `<!-- end of help -->` is what `call --help` prints. */
export async function freshPage(page: string): Promise<string> {
  const helps = new Map<string, string>()
  for (const [, words] of page.matchAll(/<!-- help: (.*?) -->/g)) helps.set(words!, await helpOf(words!))
  return page.replace(
    /<!-- help: (.*?) -->\n[\s\S]*?<!-- end of help -->/g,
    (_all, words: string) => `<!-- help: ${words} -->\n\`\`\`text\n${helps.get(words)}\n\`\`\`\n<!-- end of help -->`,
  )
}

/** Commands whose help the page must have. */
export function documented(): string[] {
  return CATALOG.map(({ name }) => name)
}

async function helpOf(words: string): Promise<string> {
  const program = makeProgram()
  const help: string[] = []
  const shape = {
    writeOut: (text: string) => void help.push(text),
    getOutHelpWidth: () => COLUMNS,
    getOutHasColors: () => false,
  }
  program.configureOutput(shape)
  const [first, ...inner] = words === 'redis-object-rpc' ? [] : words.split(' ')
  if (first === undefined) program.outputHelp()
  else {
    const entry = CATALOG.find(({ name }) => name === first)
    if (entry !== undefined && 'loadRaw' in entry) return rawHelp(await entry.loadRaw())
    let command = program.commands.find((each) => each.name() === first)
    if (command === undefined) throw new Error(`there is no command ${words}`)
    await fill(command)
    for (const name of inner) command = command?.commands.find((each) => each.name() === name)
    // What all commands have is told once.
    command?.configureHelp({ showGlobalOptions: false }).configureOutput(shape).outputHelp()
  }
  return help.join('').trim()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, await freshPage(readPage()))
