import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type REPLServer, start } from 'node:repl'
import { PassThrough, Writable } from 'node:stream'
import { promisify } from 'node:util'
import { aborted } from '../../util/abort.ts'
import type { Context } from '../frame/context.ts'
import { nameText, oneLine } from '../frame/safe-text.ts'
import { valueText } from '../frame/value-text.ts'
import { completer } from './completer.ts'
import { Services } from './services.ts'

/**
 * Runs JavaScript from a terminal, or from a script on standard input, until it ends.
 * @param first the service that `it` refers to
 */
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
    // A preview evaluates code while it is being typed, and so would read properties of services.
    preview: false,
    // Otherwise Ctrl-C would be ignored while a call is awaited.
    breakEvalOnSigint: isTerminal,
    ...(script !== undefined && { input: script, output: process.stdout }),
  })
  define(repl, services, first)
  Object.assign(repl, { completer: completer(services, repl.completer, first) })
  const exit = new AbortController()
  repl.once('exit', () => exit.abort())
  const ending = AbortSignal.any([context.signal, exit.signal])
  if (script === undefined) await keepHistory(repl)
  else void runScript(repl, script, ending)
  await aborted(ending)
  // Calls in flight fail once the connections are closed, and the REPL would print that.
  Object.assign(repl, { output: new Writable({ write: (_chunk, _encoding, done) => done() }) })
  repl.close()
}

/**
 * Runs the lines of the standard input one by one. The REPL itself would take them all at once, and
 * exit before the first has ended.
 */
async function runScript(repl: REPLServer, input: PassThrough, ending: AbortSignal): Promise<void> {
  let ready = (): void => {}
  // It is called once a line has been dealt with, whether that was run, failed or is incomplete. A
  // script needs no prompts.
  Object.assign(repl, { displayPrompt: () => ready() })
  const ended = aborted(ending)
  for await (const line of createInterface({ input: process.stdin, signal: ending })) {
    if (ending.aborted) return
    const next = new Promise<void>((resolve) => {
      ready = resolve
    })
    input.write(`${line}\n`)
    await Promise.race([next, ended])
  }
  input.end()
}

function greeting(names: readonly string[]): string {
  const list = names.length === 0 ? 'there are no services yet' : `services: ${names.map(nameText).join(', ')}`
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

/** Defines a global that a script can redefine by `const` or `let`. */
function defineService(context: object, name: string, get: () => unknown): void {
  if (name in context) return
  const set = (value: unknown) => Object.defineProperty(context, name, { value, writable: true, configurable: true })
  Object.defineProperty(context, name, { get, set, configurable: true, enumerable: true })
}

async function keepHistory(repl: REPLServer): Promise<void> {
  const path = process.env.REDIS_OBJECT_RPC_HISTORY ?? join(homedir(), '.redis-object-rpc_history')
  if (path !== '') await promisify(repl.setupHistory.bind(repl))(path)
}
