import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
// TypeScript 7 has no language service that a program can ask.
import ts from 'typescript-5'

const ROOT = join(import.meta.dirname, '../..')
const CALLER = join(import.meta.dirname, 'editor/caller.ts')

describe('a client in an editor', function () {
  this.timeout(240_000) // compilers are slow on a machine that does other things too
  let service: ts.LanguageService
  /** What was parsed once is parsed for all of them. */
  const registry = ts.createDocumentRegistry()

  before(() => {
    service = ts.createLanguageService(hostOf([CALLER]), registry)
  })

  after(() => service.dispose())

  /** Where `users.<method>` is called. */
  const callOf = (method: string): number => {
    const path = `users.${method}`
    const at = readFileSync(CALLER, 'utf8').search(new RegExp(`\\b${path}\\b`))
    return at + path.lastIndexOf('.') + 1
  }
  const hover = (method: string): { text: string; docs: string; tags: string } => {
    const info = service.getQuickInfoAtPosition(CALLER, callOf(method))
    return {
      text: ts.displayPartsToString(info?.displayParts),
      docs: ts.displayPartsToString(info?.documentation),
      tags: (info?.tags ?? []).map(({ name, text }) => `${name} ${ts.displayPartsToString(text)}`).join(),
    }
  }

  it('shows the signature of a method, and what its author wrote about it', () => {
    expect(hover('find')).to.deep.equal({
      text: '(method) find(id: number): Promise<string | undefined>',
      docs: 'Finds a user.',
      tags: 'param id the number of the user',
    })
    expect(hover('load')).to.include({ text: '(method) load(id: number): Promise<string>', docs: 'Loads a user.' })
    expect(hover('count')).to.include({
      text: '(method) count(age: number): Promise<string> (+1 overload)',
      docs: 'Counts by age.',
    })
  })

  it('shows what awaiting a property gives, and the members of a namespace', () => {
    expect(hover('limit')).to.include({
      text: '(property) limit: PromiseLike<number>',
      docs: 'How many there may be.',
    })
    expect(hover('admins').docs).to.equal('Who may do more.')
    expect(hover('admins').text).to.match(/^\(property\) admins: RemoteNamespace<Admins> & PromiseLike</)
    expect(hover('admins.promote')).to.include({
      text: '(method) promote(id: number): Promise<boolean>',
      docs: 'Makes a user an admin.',
    })
  })

  it('shows why a method cannot be called', () => {
    expect(hover('names')).to.include({
      text: '(property) names: NotCallable<"return_value is an iterator, which cannot travel">',
      docs: 'All their names.',
    })
    expect(hover('echo').text).to.match(/^\(property\) echo: NotCallable<"its type parameters would be lost: /)
  })

  it('shows the arguments of a step by their names', () => {
    const at = readFileSync(CALLER, 'utf8').indexOf('far.load(') + 'far.'.length
    const info = service.getQuickInfoAtPosition(CALLER, at)
    expect(ts.displayPartsToString(info?.displayParts)).to.equal('(method) load(id: Argument<number>): StepOf<string>')
    expect(ts.displayPartsToString(info?.documentation)).to.equal('Loads a user.')
  })

  it('shows what a stream is read as', () => {
    expect(hover('rows')).to.include({
      text: '(method) rows(): Promise<RemoteStream<string, any>> & AsyncIterable<string>',
      docs: 'All users.',
    })
  })

  it('shows functions and objects that are elsewhere', () => {
    expect(hover('each')).to.deep.equal({
      text:
        '(method) each(show: (name: string) => void | Promise<void>, options?: {\n' +
        '    readonly rename?: (name: string) => string | Promise<string>;\n' +
        '} | undefined): Promise<void>',
      docs: 'Shows each user.',
      tags: '',
    })
    expect(hover('login')).to.include({
      text: '(method) login(): Promise<RemoteReference<Session>>',
      docs: 'Begins a session.',
    })
  })

  it('strikes through what is deprecated', () => {
    expect(hover('get').tags).to.equal('deprecated use `find`')
    const suggestions = service.getSuggestionDiagnostics(CALLER)
    const deprecated = suggestions.filter(({ reportsDeprecated }) => reportsDeprecated)
    expect(deprecated.map(({ start }) => start)).to.deep.equal([callOf('get')])
  })

  for (const method of [
    'find',
    'load',
    'get',
    'count',
    'rows',
    'each',
    'login',
    'names',
    'echo',
    'limit',
    'admins',
    'admins.promote',
  ]) {
    it(`leads from a call of ${method} to its definition`, () => {
      const [definition] = service.getDefinitionAtPosition(CALLER, callOf(method)) ?? []
      expect(basename(definition?.fileName ?? '')).to.equal('users.ts')
      expect(definition?.name).to.equal(method.split('.').at(-1))
    })

    it(`finds and renames the definition of ${method} with its calls`, () => {
      const found = service.findReferences(CALLER, callOf(method))?.flatMap(({ references }) => references) ?? []
      expect(filesOf(found)).to.deep.equal(['caller.ts', 'users.ts'])
      expect(service.getRenameInfo(CALLER, callOf(method), {}).canRename).to.equal(true)
      const renamed = service.findRenameLocations(CALLER, callOf(method), false, false, {}) ?? []
      expect(filesOf(renamed)).to.deep.equal(['caller.ts', 'users.ts'])
    })
  }

  it('says which argument is wrong', () => {
    const wrong = 'void users.find("1")\nusers.nope()\n'
    const caller = ts.createLanguageService(hostOf([CALLER], wrong), registry)
    const messages = caller.getSemanticDiagnostics(CALLER).map(({ messageText }) => messageText)
    expect(messages).to.deep.equal([
      "Argument of type 'string' is not assignable to parameter of type 'number'.",
      "Property 'nope' does not exist on type 'RemoteObject<Users>'.",
    ])
    caller.dispose()
  })

  it('says what is wrong with a function, an object or a stream that is passed', () => {
    const calls = [
      'users.each("show")',
      'users.each((name: number) => console.log(name))',
      'users.each(() => {}, { rename: () => 5 })',
      'users.logout(5)',
      'users.add(["Ann"])',
    ]
    const caller = ts.createLanguageService(hostOf([CALLER], `void [${calls.join(',\n')}]\n`), registry)
    const messages = caller
      .getSemanticDiagnostics(CALLER)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
    expect(messages).to.deep.equal([
      "Argument of type 'string' is not assignable to parameter of type '(name: string) => void | Promise<void>'.",
      "Argument of type '(name: number) => void' is not assignable to parameter of type '(name: string) => void | Promise<void>'.\n" +
        "  Types of parameters 'name' and 'name' are incompatible.\n    Type 'string' is not assignable to type 'number'.",
      "Type '() => number' is not assignable to type '(name: string) => string | Promise<string>'.\n" +
        "  Type 'number' is not assignable to type 'string | Promise<string>'.",
      "Argument of type 'number' is not assignable to parameter of type 'Session | RemoteObject<Session>'.",
      "Argument of type 'string[]' is not assignable to parameter of type 'AsyncIterable<string>'.\n" +
        "  Property '[Symbol.asyncIterator]' is missing in type 'string[]' but required in type 'AsyncIterable<string>'.",
    ])
    caller.dispose()
  })
})

function filesOf(places: readonly { readonly fileName: string }[]): string[] {
  return [...new Set(places.map(({ fileName }) => basename(fileName)))].sort()
}

/** What a language service asks about files; `more` is added to each of the given ones. */
function hostOf(files: readonly string[], more = ''): ts.LanguageServiceHost {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT)
  const read = (file: string): string => readFileSync(file, 'utf8') + (files.includes(file) ? more : '')
  return {
    ...ts.sys,
    getScriptFileNames: () => [...files],
    getScriptVersion: (file) => (files.includes(file) ? more : ''),
    getScriptSnapshot: (file) => (ts.sys.fileExists(file) ? ts.ScriptSnapshot.fromString(read(file)) : undefined),
    getCurrentDirectory: () => ROOT,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
  }
}
