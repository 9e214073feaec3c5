/**
 * The version of Redis that this server reports and whose behaviour it has. Clients choose features
 * by it.
 */
export const REDIS_VERSION = '7.0.15'
