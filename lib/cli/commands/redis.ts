import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { EmbeddedRedis, type FsyncPolicy, type LogLevel } from '../../embedded/index.ts'
import { dateNow } from '../../util/timers.ts'
import { UsageError } from '../frame/usage-error.ts'
import type { RawCommand } from '../raw-command.ts'

/** `redis-object-rpc redis`: the embedded server as a process of its own, until a signal or SHUTDOWN ends it. */
export const redis: RawCommand = {
  usage:
    'redis-object-rpc redis [--port N] [--host ADDRESS] [--password TEXT] [--appendonly FILE] [--fsync MODE] [--max-clients N]',
  options: [
    '--port N          port to listen on; 0 picks a free one (default 6379)',
    '--host ADDRESS    address to listen on (default 127.0.0.1)',
    '--password TEXT   password that clients must send (default none)',
    '--appendonly FILE persist all data in this file (default: memory only)',
    '--fsync MODE      when to sync the file: always, everysec or no (default everysec)',
    '--max-clients N   most connections at a time (default 10000)',
  ],
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: 'string', default: '6379' },
        host: { type: 'string' },
        password: { type: 'string' },
        appendonly: { type: 'string' },
        fsync: { type: 'string' },
        'max-clients': { type: 'string' },
      },
    })
    // The reader of the log has gone; the server keeps running.
    process.stdout.on('error', () => {})
    const server = await EmbeddedRedis.start({
      port: wholeNumber('--port', values.port),
      ...(values.host !== undefined && { host: values.host }),
      ...(values.password !== undefined && { password: values.password }),
      ...(values.appendonly !== undefined && { appendOnlyFile: values.appendonly }),
      ...(values.fsync !== undefined && { fsync: fsyncPolicy(values.fsync) }),
      ...(values['max-clients'] !== undefined && { maxClients: wholeNumber('--max-clients', values['max-clients']) }),
      log,
    })
    const address = `redis://${server.host}:${server.port}`
    log('notice', `connect with: redis-object-rpc redis-cli -u ${address} (or any other Redis client)`)
    const stop = new AbortController()
    const signal = await Promise.race([
      ...(['SIGINT', 'SIGTERM'] as const).map((name) => once(process, name, { signal: stop.signal }).then(() => name)),
      server.closed.then(() => undefined),
    ]).finally(() => stop.abort())
    if (signal !== undefined) log('notice', `${signal} received`)
    // A supervisor may send SIGTERM twice, and the last writes must not be lost. A second SIGINT
    // kills the process.
    process.on('SIGTERM', closingAlready)
    await server.close().finally(() => process.off('SIGTERM', closingAlready))
    log('notice', 'closed, bye')
    return 0
  },
}

function closingAlready(): void {
  log('notice', 'SIGTERM received; already closing')
}

function wholeNumber(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new UsageError(`${option} takes a whole number, not ${text}`)
}

function fsyncPolicy(text: string): FsyncPolicy {
  if (text === 'always' || text === 'everysec' || text === 'no') return text
  throw new UsageError(`--fsync takes always, everysec or no, not ${text}`)
}

const SIGNS: Readonly<Record<LogLevel, string>> = { debug: '.', verbose: '-', notice: '*', warning: '#' }

/** One line in the format of Redis's log: process, time, level, text. */
function log(level: LogLevel, message: string): void {
  console.log(`${process.pid} ${new Date(dateNow()).toISOString()} ${SIGNS[level]} ${message}`)
}
