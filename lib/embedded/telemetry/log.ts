/** How much a line of the log matters, in Redis's words. */
export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning'

/** Receives log messages for the operator of the server. */
export type Log = (level: LogLevel, message: string) => void

/** Says nothing. */
export const silent: Log = () => {}
