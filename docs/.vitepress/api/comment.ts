import ts from 'typescript-5'

/** What a TSDoc comment says, as Markdown. */
export interface Comment {
  readonly text: string
  readonly defaultValue: string | undefined
  readonly deprecated: string | undefined
  readonly params: readonly { readonly name: string; readonly text: string }[]
  readonly returns: string | undefined
  readonly throws: readonly string[]
  readonly see: readonly string[]
  readonly examples: readonly string[]
}

const NOTHING: Comment = {
  text: '',
  defaultValue: undefined,
  deprecated: undefined,
  params: [],
  returns: undefined,
  throws: [],
  see: [],
  examples: [],
}

/** @param link makes a link of a public name, or leaves it as code */
export function commentOf(node: ts.Node, link: (name: string) => string): Comment {
  const comment = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1)
  if (comment === undefined) return NOTHING
  const markdown = (text: string | ts.NodeArray<ts.JSDocComment> | undefined): string => toMarkdown(text, link)
  const tags = comment.tags ?? []
  const of = (...names: string[]): string[] =>
    tags.filter(({ tagName }) => names.includes(tagName.text)).map((tag) => textOf(tag, markdown))
  return {
    text: markdown(comment.comment),
    defaultValue: of('defaultValue', 'default')[0],
    deprecated: of('deprecated')[0],
    params: [...tags]
      .filter(ts.isJSDocParameterTag)
      .map((tag) => ({ name: tag.name.getText(), text: markdown(tag.comment) })),
    returns: of('returns')[0],
    throws: of('throws'),
    see: of('see'),
    examples: of('example'),
  }
}

/** Of some tags the parser takes the first word for a type or a name. */
function textOf(tag: ts.JSDocTag, markdown: (text: ts.JSDocTag['comment']) => string): string {
  const rest = markdown(tag.comment)
  if (ts.isJSDocThrowsTag(tag) && tag.typeExpression !== undefined)
    return `${tag.typeExpression.getText()} ${rest}`.trim()
  if (isSee(tag)) return `${tag.name?.getText() ?? ''}${/^\w/.test(rest) ? ' ' : ''}${rest}`.trim()
  return rest
}

function toMarkdown(text: string | ts.NodeArray<ts.JSDocComment> | undefined, link: (name: string) => string): string {
  if (text === undefined) return ''
  if (typeof text === 'string') return text.trim()
  return text
    .map((part) => {
      if (part.kind === ts.SyntaxKind.JSDocText) return part.text
      const name = part.name?.getText() ?? ''
      return link(`${name}${part.text}`)
    })
    .join('')
    .trim()
}

function isSee(tag: ts.JSDocTag): tag is ts.JSDocSeeTag {
  return tag.kind === ts.SyntaxKind.JSDocSeeTag
}
