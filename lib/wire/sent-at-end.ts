/** Longer than the last fields of a request, its signature included, in characters. */
export const LONGEST_END = 120
const SENT_AT_END = /"sent":(\d{1,16})(?:,"deadline":\d{1,16})?(?:,"signature":"[\w-]{22}")?\}$/

/**
 * When a native request was sent, in ms since 1970 on Redis's clock, by its last characters;
 * undefined: it does not say.
 */
export function sentAtEnd(text: string): number | undefined {
  const [, sent] = SENT_AT_END.exec(text.slice(-LONGEST_END)) ?? []
  return sent === undefined ? undefined : Number(sent)
}
