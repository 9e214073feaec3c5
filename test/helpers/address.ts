import { checkSource, type RedisAddress, type RedisSource } from '../../lib/link/source.ts'

/** Where Redis is, for parts that take it checked. */
export function addressOf(source: RedisSource, name = 'test'): RedisAddress {
  return checkSource(source, name, 'test')
}
