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
    '--port N          port to listen on; 0 takes a free one (default 6379)',
    '--host ADDRESS    address to listen on (default 127.0.0.1)',
    '--password TEXT   what clients must authenticate with (default none)',
    '--appendonly FILE keep all data in this file (default nowhere)',
    '--fsync MODE      sync it always, everysec or no (default everysec)',
    '--max-clients N   connections at once (default 10000)',
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
    // Whoever read the log has seen enough; the server goes on.
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
    log('notice', `connect with: redis-object-rpc redis-cli -u ${address} (any Redis client will do)`)
    const stop = new AbortController()
    const signal = await Promise.race([
      ...(['SIGINT', 'SIGTERM'] as const).map((name) => once(process, name, { signal: stop.signal }).then(() => name)),
      server.closed.then(() => undefined),
    ]).finally(() => stop.abort())
    if (signal !== undefined) log('notice', `${signal} received`)
    // Supervisors may ask twice, and the last writes are not lost for that. A second SIGINT means it.
    process.on('SIGTERM', closingAlready)
    await server.close().finally(() => process.off('SIGTERM', closingAlready))
    log('notice', 'closed, bye')
    return 0
  },
}

function closingAlready(): void {
  log('notice', 'SIGTERM received; closing is under way')
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

/** One line in Redis's manner: process, time, level, text. */
function log(level: LogLevel, message: string): void {
  console.log(`${process.pid} ${new Date(dateNow()).toISOString()} ${SIGNS[level]} ${message}`)
}
