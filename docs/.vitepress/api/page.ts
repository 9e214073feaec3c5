import ts from 'typescript-5'
import { type Comment, commentOf } from './comment.ts'
import type { Declaration, PublicName } from './declarations.ts'

type Link = (name: string) => string
type Member = ts.ClassElement | ts.TypeElement

const GROUPS = ['Classes', 'Functions', 'Values', 'Interfaces', 'Types', 'Errors'] as const
type Group = (typeof GROUPS)[number]

/** The page of one entry point. */
export function pageOf(entry: string, names: readonly PublicName[], link: Link): string {
  const sorted = names.toSorted(byName)
  const parts = [
    '<!-- Written by `npm run docs:api`; edit the comments in lib/ instead. -->',
    `# ${entry}`,
    'Generated from the declarations of this entry point: every public name and its meaning.',
  ]
  for (const group of GROUPS) {
    const members = sorted.filter((name) => groupOf(name) === group)
    if (members.length > 0) parts.push(`## ${group}`, ...members.flatMap((name) => sectionOf(name, link)))
  }
  return `${parts.join('\n\n')}\n`
}

function byName(a: PublicName, b: PublicName): number {
  return a.name < b.name ? -1 : 1
}

function groupOf({ name, declarations }: PublicName): Group {
  const isOne = (is: (node: ts.Node) => boolean): boolean => declarations.some(is)
  if (isOne(ts.isClassDeclaration)) return /Error$/.test(name) ? 'Errors' : 'Classes'
  if (isOne(ts.isFunctionDeclaration)) return 'Functions'
  if (isOne(ts.isVariableStatement)) return 'Values'
  return isOne(ts.isInterfaceDeclaration) ? 'Interfaces' : 'Types'
}

function sectionOf({ name, declarations }: PublicName, link: Link): string[] {
  const comments = declarations.map((declaration) => commentOf(declaration, link))
  const members = declarations.flatMap((one) => ('members' in one ? [...(one.members as Iterable<Member>)] : []))
  return [
    `### ${name}`,
    ...unique(comments.flatMap(proseOf)),
    code(declarations.map(signatureOf).join('\n')),
    ...unique(comments.flatMap((comment) => detailsOf(comment, link))),
    ...inherited(declarations, link),
    ...members.filter(isPublic).flatMap((member) => memberOf(name, member, link)),
  ]
}

/** Names the bases whose members it has, too: of them only the names are in the signature. */
function inherited(declarations: readonly Declaration[], link: Link): string[] {
  const bases = declarations.flatMap((one) =>
    ts.isInterfaceDeclaration(one)
      ? (one.heritageClauses ?? []).flatMap(({ types }) => types.map(({ expression }) => expression.getText()))
      : [],
  )
  const known = bases.map(link).filter((text) => text.startsWith('['))
  return known.length > 0 ? [`It also has the members of ${known.join(', ')}.`] : []
}

function memberOf(owner: string, member: Member, link: Link): string[] {
  const comment = commentOf(member, link)
  const said = [...proseOf(comment), ...detailsOf(comment, link)]
  if (said.length === 0) return []
  const name = ts.isConstructorDeclaration(member) ? 'constructor' : (member.name?.getText() ?? '')
  const title = ts.isConstructSignatureDeclaration(member) ? `new ${owner}` : name
  const kind = ts.isMethodSignature(member) || ts.isMethodDeclaration(member) ? '()' : ''
  return [`#### \`${title.startsWith('new ') ? title : `${owner}.${title}`}${kind}\``, ...said]
}

function proseOf({ text, deprecated, defaultValue }: Comment): string[] {
  const parts: string[] = []
  if (deprecated !== undefined) parts.push(`**Deprecated.** ${deprecated}`)
  if (text !== '') parts.push(text)
  if (defaultValue !== undefined) parts.push(`Default: \`${defaultValue.replaceAll('`', '')}\``)
  return parts
}

function detailsOf({ params, returns, throws, see, examples }: Comment, link: Link): string[] {
  const rows: string[] = []
  for (const { name, text } of params) rows.push(`- \`${name}\`: ${text.replace(/^-\s*/, '')}`)
  if (returns !== undefined) rows.push(`- returns ${returns}`)
  for (const text of throws) rows.push(`- throws ${text.replaceAll(/\b[A-Z]\w*Error\b/g, (error) => link(error))}`)
  for (const text of see) rows.push(`- see ${/^\w+$/.test(text) ? link(text) : text}`)
  return [...(rows.length > 0 ? [rows.join('\n')] : []), ...examples]
}

/** The declaration without comments and without what is not public. */
function signatureOf(declaration: Declaration): string {
  const shown = ts.transform<ts.Node>(declaration, [
    (context) => {
      const visit = (node: ts.Node): ts.Node | undefined => {
        if (ts.isClassElement(node) && !isPublic(node)) return undefined
        const isModifier = node.kind === ts.SyntaxKind.ExportKeyword || node.kind === ts.SyntaxKind.DeclareKeyword
        return isModifier ? undefined : ts.visitEachChild(node, visit, context)
      }
      return (root) => ts.visitEachChild(root, visit, context)
    },
  ])
  const printer = ts.createPrinter({ removeComments: true })
  const [node = declaration] = shown.transformed
  return printer
    .printNode(ts.EmitHint.Unspecified, node, declaration.getSourceFile())
    .replaceAll(/^( {4})+/gm, (indent) => ' '.repeat(indent.length / 2))
}

function isPublic(member: Member): boolean {
  if (member.name !== undefined && ts.isPrivateIdentifier(member.name)) return false
  // The emitter writes `[Symbol.asyncDispose]` twice: as the method that it is, and as a property.
  if (ts.isPropertyDeclaration(member) && ts.isComputedPropertyName(member.name)) return false
  const modifiers = ts.canHaveModifiers(member) ? ts.getModifiers(member) : undefined
  return !modifiers?.some(
    ({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword,
  )
}

function code(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``
}

function unique(parts: readonly string[]): string[] {
  return [...new Set(parts)]
}
