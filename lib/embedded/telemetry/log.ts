/** The level of a log message, in Redis's words. */
export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning'

/** Receives log messages for the operator of the server. */
export type Log = (level: LogLevel, message: string) => void

/** Logs nothing. */
export const silent: Log = () => {}
