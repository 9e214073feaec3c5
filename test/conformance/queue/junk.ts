/** What is no task, and what is said of it. */
export const JUNK: readonly (readonly [text: string, problem: RegExp])[] = [
  ['', /not JSON/],
  ['junk', /not JSON/],
  ['null', /not a JSON object/],
  ['[1]', /not a JSON object/],
  ['"text"', /not a JSON object/],
  ['{}', /no uuid/],
  ['{"uuid":7,"content":1}', /no uuid/],
  ['{"uuid":"","content":1}', /no uuid/],
  ['{"uuid":"u"}', /no content/],
  ['{"__proto__":{"uuid":"u","content":1}}', /__proto__/],
  ['{"uuid":"u","content":{"__proto__":{"isAdmin":true}}}', /__proto__/],
  ['{"uuid":"u","content":1,"meta":{"values":["nonsense"],"v":1}}', /./],
  [`{"uuid":"u","content":${'['.repeat(200)}${']'.repeat(200)}}`, /maxDepth/],
  [`{"uuid":"u","content":"${'x'.repeat(2_000)}"}`, /maxMessageBytes/],
]
