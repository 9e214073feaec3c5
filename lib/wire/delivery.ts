import { InvalidOptionError } from '../errors.ts'

/** What to do with a call that may have been lost with its server. */
export type Delivery = 'at-most-once' | 'at-least-once'

/** @throws InvalidOptionError */
export function checkDelivery(delivery: unknown): Delivery {
  if (delivery === 'at-most-once' || delivery === 'at-least-once') return delivery
  throw new InvalidOptionError('delivery', "'at-most-once' or 'at-least-once'", delivery)
}
