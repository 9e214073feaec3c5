import { ProtocolError } from '../errors.ts'

/**
 * The answer to `rpc.get`: the value of a property, or what the name is if it is not a property.
 */
export type PropertyAnswer = { readonly value: unknown } | { readonly kind: 'method' | 'namespace' }

/** @throws ProtocolError when it is something else */
export function readPropertyAnswer(answer: unknown): PropertyAnswer {
  if (typeof answer === 'object' && answer !== null) {
    if (Object.hasOwn(answer, 'value')) return answer as PropertyAnswer
    const { kind } = answer as { readonly kind?: unknown }
    if (kind === 'method' || kind === 'namespace') return { kind }
  }
  throw new ProtocolError('the answer to rpc.get has neither a value nor a kind')
}
