export { AppendOnlyFileError, InvalidOptionError, isRpcError, RpcError } from '../errors.ts'
export { EmbeddedRedis } from './embedded-redis.ts'
export { EMBEDDED_REDIS_DEFAULTS, type EmbeddedRedisOptions, type FsyncPolicy } from './options.ts'
export type { Log, LogLevel } from './telemetry/log.ts'
