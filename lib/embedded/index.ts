export { EmbeddedRedis } from './embedded-redis.ts'
export type { Log, LogLevel } from './log.ts'
export { DEFAULTS, type EmbeddedRedisOptions, type FsyncPolicy } from './options.ts'
export { AppendOnlyFileError } from './persistence/errors.ts'
