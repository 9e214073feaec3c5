import type { EventEmitter } from 'node:events'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type REPLEval, type REPLServer, start } from 'node:repl'
import { PassThrough } from 'node:stream'
import { promisify } from 'node:util'
import { aborted } from '../../util/abort.ts'
import { setImmediate } from '../../util/timers.ts'
import type { Context } from '../frame/context.ts'
import { nameText, oneLine } from '../frame/safe-text.ts'
import { valueText } from '../frame/value-text.ts'
import { completer } from './completer.ts'
import { Services } from './services.ts'

/** Has somebody at a terminal, or a script, call services until they leave. @param first a service that gets the name `it` */
export async function converse(context: Context, first: string | undefined): Promise<void> {
  const services = new Services(context, await context.rpc())
  const names = await services.load()
  const isTerminal = process.stdin.isTTY
  if (isTerminal) context.output.note(greeting(names))
  const script = isTerminal ? undefined : new PassThrough()
  const repl = start({
    prompt: isTerminal ? `${first === undefined ? 'redis-object-rpc' : oneLine(first, 40)}> ` : '',
    writer: (value) => valueText(value, context.output.columns),
    ignoreUndefined: true,
    // What looks at a value while it is typed would run getters, and so properties of services.
    preview: false,
    ...(script !== undefined && { input: script, output: process.stdout }),
  })
  define(repl, services, first)
  Object.assign(repl, { completer: completer(services, repl.completer, first) })
  const left = new Promise<void>((resolve) => repl.once('exit', resolve))
  if (script === undefined) await keepHistory(repl)
  else
    void runScript(repl, script, context.signal)
      .catch(() => {})
      .finally(() => script.end())
  await Promise.race([left, aborted(context.signal).then(() => repl.close())])
}

/**
 * Gives the lines of a script one by one, each when the one before has been evaluated: they come at once, and would end before the first
 * has been run.
 */
async function runScript(repl: REPLServer, input: PassThrough, signal: AbortSignal): Promise<void> {
  const evaluate = repl.eval
  let evaluated = (): void => {}
  const telling: REPLEval = (code, scope, file, answer) =>
    evaluate.call(repl, code, scope, file, (error, result) => {
      answer(error, result)
      evaluated()
    })
  Object.assign(repl, { eval: telling })
  // What an awaited promise is rejected with goes there alone: Node's REPL does not tell its caller.
  const { _domain: domain } = repl as REPLServer & { readonly _domain?: EventEmitter }
  domain?.on('error', () => evaluated())
  for await (const line of createInterface({ input: process.stdin, signal })) {
    const isCode = line.trim() !== '' && !line.trim().startsWith('.')
    const done = new Promise<void>((resolve) => {
      evaluated = resolve
      if (!isCode) setImmediate(resolve)
    })
    input.write(`${line}\n`)
    await Promise.race([done, aborted(signal)])
    if (signal.aborted) return
  }
}

function greeting(names: readonly string[]): string {
  const list = names.length === 0 ? 'no services are there yet' : `services: ${names.map(nameText).join(', ')}`
  return `${list}. Call a method with await; .help says more.`
}

function define(repl: REPLServer, services: Services, first: string | undefined): void {
  const { context } = repl
  Object.defineProperty(context, 'service', { value: (name: string) => services.client(name) })
  for (const name of services.globals) defineService(context, name, () => services.client(name))
  if (first !== undefined) defineService(context, 'it', () => services.client(first))
  repl.defineCommand('ls', {
    help: 'List the services',
    action() {
      void services
        .load()
        .then((names) => {
          for (const name of services.globals) defineService(context, name, () => services.client(name))
          for (const name of names) repl.output.write(`${nameText(name)}\n`)
        })
        .catch((error: Error) => repl.output.write(`${oneLine(error.message)}\n`))
        .finally(() => repl.displayPrompt())
    },
  })
}

/** A name that may be given another value, as `const` and `let` do. */
function defineService(context: object, name: string, get: () => unknown): void {
  if (name in context) return
  const set = (value: unknown) => Object.defineProperty(context, name, { value, writable: true, configurable: true })
  Object.defineProperty(context, name, { get, set, configurable: true, enumerable: true })
}

async function keepHistory(repl: REPLServer): Promise<void> {
  const path = process.env.REDIS_OBJECT_RPC_HISTORY ?? join(homedir(), '.redis-object-rpc_history')
  if (path !== '') await promisify(repl.setupHistory.bind(repl))(path)
}
