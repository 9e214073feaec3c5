export { AppendOnlyFileError, InvalidOptionError, isRpcError, RpcError } from '../errors.ts'
export { EmbeddedRedis } from './embedded-redis.ts'
export type { Log, LogLevel } from './log.ts'
export { DEFAULTS, type EmbeddedRedisOptions, type FsyncPolicy } from './options.ts'
