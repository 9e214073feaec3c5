export { EmbeddedRedis } from './embedded-redis.ts'
export type { Log, LogLevel } from './log.ts'
export { DEFAULTS, type EmbeddedRedisOptions } from './options.ts'
