/** Fields that are no event, and what is said of them. */
export const JUNK: readonly (readonly [fields: readonly string[], problem: RegExp])[] = [
  [['other', '1'], /no field content/],
  [['value', 'content'], /no field content/],
  [['content', 'junk'], /not JSON/],
  [['content', '{"__proto__":1}'], /__proto__/],
  [['content', '1', 'meta', 'junk'], /not JSON/],
  [['content', '1', 'meta', '{"values":["nonsense"],"v":1}'], /./],
  [['content', `"${'x'.repeat(2_000)}"`], /maxMessageBytes/],
]
