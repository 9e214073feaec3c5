import { basename, extname } from 'node:path'
import type { Command } from 'commander'
import type { RedisSource } from '../../index.ts'
import { aborted } from '../../util/abort.ts'
import { act } from '../frame/action.ts'
import type { Context } from '../frame/context.ts'
import { EXIT_CODES } from '../frame/exit-codes.ts'
import { oneLine } from '../frame/safe-text.ts'
import { UsageError } from '../frame/usage-error.ts'
import { countOrZero } from '../frame/values.ts'
import { loadTarget } from '../serve/load-target.ts'

interface Options {
  readonly name?: string
  readonly watch?: boolean
  readonly withRedis?: number | true
}

/** `redis-object-rpc serve FILE` */
export function serve(command: Command): void {
  command
    .argument('<file>', 'module to serve: its default export, an object or a class, or else its named exports')
    .option('--name <service>', 'name of the service (default: the name of the file)')
    .option('--watch', 'restart when a module in the same folder changes')
    .option('--with-redis [port]', 'also run a Redis server, on port 6379 or the given one', countOrZero)
    .addHelpText(
      'after',
      `
Examples:
  redis-object-rpc serve ./calculator.js
  redis-object-rpc serve ./calculator.js --with-redis                   if you have no Redis
  redis-object-rpc serve ./src/users.ts --name users --watch
  NODE_OPTIONS=--import=tsx redis-object-rpc serve ./calculator.ts      TypeScript, before Node 22.18

Ctrl-C or SIGTERM stops it, after the running calls have finished.`,
    )
  const run = async (context: Context, file: string, options: Options): Promise<number> => {
    const name = options.name ?? basename(file, extname(file))
    if (options.watch && options.withRedis !== undefined)
      throw new UsageError(
        '--watch would also restart the Redis of --with-redis: run "redis-object-rpc redis" separately',
      )
    if (options.watch) await watchFile(context, file)
    else if (options.withRedis === undefined) await serveFile(context, context.redis, file, name)
    else {
      const { EmbeddedRedis } = await import('../../embedded/index.ts')
      await using redis = await EmbeddedRedis.start({ port: options.withRedis === true ? 6_379 : options.withRedis })
      context.output.note(`Redis is at ${redis.url}`)
      await serveFile(context, redis.url, file, name)
    }
    return EXIT_CODES.ok
  }
  act<[file: string], Options>(command, (context, [file], options) => run(context, file, options), { exits: true })
}

async function serveFile(context: Context, redis: RedisSource, file: string, name: string): Promise<void> {
  const { connectOptions, secret, output, signal, json } = context
  const [{ RedisRPCServer }, target] = await Promise.all([import('../../index.ts'), loadTarget(file)])
  await using server = new RedisRPCServer(redis, name, target, { ...connectOptions, ...secret })
  const { methods } = server
  if (methods.length === 0) throw new UsageError(`${file} exports nothing that can be called`)
  await server.start()
  const line = `serving ${oneLine(name)}: ${oneLine(methods.join(', '))} (Ctrl-C ends it)`
  await output.line(json ? JSON.stringify({ service: name, server: server.id, methods }) : line)
  await aborted(signal)
}

async function watchFile({ signal, output }: Context, file: string): Promise<void> {
  const { restartOnChange } = await import('../serve/restart.ts')
  const args = process.argv.slice(2).filter((word) => word !== '--watch')
  await restartOnChange(args, file, signal, (text) => output.note(text))
}
