/** How much a line of the log matters, in Redis's words. */
export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning'

/** Receives what the server has to say to whoever runs it. */
export type Log = (level: LogLevel, message: string) => void

/** Says nothing. */
export const silent: Log = () => {}
