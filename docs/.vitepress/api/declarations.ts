import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import ts from 'typescript-5'

/** One public name of an entry point, as the compiler emits it. */
export interface PublicName {
  readonly name: string
  /** All its declarations: overloads of a function, or a constructor and a type of one name. */
  readonly declarations: readonly Declaration[]
}

export type Declaration =
  | ts.ClassDeclaration
  | ts.FunctionDeclaration
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration
  | ts.VariableStatement

interface Module {
  readonly path: string
  readonly file: ts.SourceFile
}

/** Reads what modules export. It follows `export … from` by itself: with isolated declarations nothing else is needed. */
export class Declarations {
  readonly #modules = new Map<string, Module>()

  /** @param path a module of `lib/` */
  exportsOf(path: string): PublicName[] {
    const names = new Map<string, Declaration[]>()
    this.#collect(path, names)
    return [...names].map(([name, declarations]) => ({ name, declarations }))
  }

  #module(path: string): Module {
    const known = this.#modules.get(path)
    if (known !== undefined) return known
    const { outputText } = ts.transpileDeclaration(readFileSync(path, 'utf8'), {
      fileName: path,
      compilerOptions: { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, isolatedDeclarations: true },
    })
    const module = { path, file: ts.createSourceFile(path, outputText, ts.ScriptTarget.ES2022, true) }
    this.#modules.set(path, module)
    return module
  }

  #collect(path: string, names: Map<string, Declaration[]>): void {
    const module = this.#module(path)
    for (const statement of module.file.statements) {
      if (ts.isExportDeclaration(statement)) this.#reexport(module, statement, names)
      else if (isDeclaration(statement) && isExported(statement))
        for (const name of namesOf(statement)) add(names, name, [statement])
    }
  }

  #reexport({ path, file }: Module, statement: ts.ExportDeclaration, names: Map<string, Declaration[]>): void {
    const { moduleSpecifier, exportClause } = statement
    if (exportClause !== undefined && !ts.isNamedExports(exportClause))
      throw new TypeError(`${path}: "export * as" is not documented`)
    const from = moduleSpecifier === undefined ? undefined : target(path, moduleSpecifier)
    if (exportClause === undefined) return this.#collect(from ?? path, names)
    for (const element of exportClause.elements) {
      const original = (element.propertyName ?? element.name).text
      const source = from ?? importedFrom(path, file, original)
      add(names, element.name.text, this.#named(source, original))
    }
  }

  #named(path: string, name: string): Declaration[] {
    const names = new Map<string, Declaration[]>()
    this.#collect(path, names)
    const declarations = names.get(name)
    if (declarations === undefined) throw new TypeError(`${path} exports no ${name}`)
    return declarations
  }
}

function add(names: Map<string, Declaration[]>, name: string, declarations: readonly Declaration[]): void {
  names.set(name, [...(names.get(name) ?? []), ...declarations])
}

function target(path: string, specifier: ts.Expression): string {
  return resolve(dirname(path), (specifier as ts.StringLiteral).text.replace(/\.js$/, '.ts'))
}

/** A name that is imported and then exported. */
function importedFrom(path: string, file: ts.SourceFile, name: string): string {
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement)) continue
    const bindings = statement.importClause?.namedBindings
    if (
      bindings !== undefined &&
      ts.isNamedImports(bindings) &&
      bindings.elements.some((one) => one.name.text === name)
    )
      return target(path, statement.moduleSpecifier)
  }
  return path
}

function isDeclaration(statement: ts.Statement): statement is Declaration {
  return (
    ts.isClassDeclaration(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isVariableStatement(statement)
  )
}

function isExported(statement: Declaration): boolean {
  return statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
}

function namesOf(statement: Declaration): string[] {
  if (!ts.isVariableStatement(statement)) return statement.name === undefined ? [] : [statement.name.text]
  return statement.declarationList.declarations.map(({ name }) => name.getText())
}
