#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { type CliCommand, UsageError } from './command.ts'

/** Loaded on demand: one command does not need what the others do. */
const COMMANDS: Readonly<Record<string, () => Promise<CliCommand>>> = {
  redis: async () => (await import('./commands/redis.ts')).redis,
  'redis-cli': async () => (await import('./commands/redis-cli.ts')).redisCli,
}

process.exitCode = await main(process.argv.slice(2))

async function main([name, ...args]: string[]): Promise<number> {
  if (name === '--version' || name === '-v') {
    console.log(packageVersion())
    return 0
  }
  if (name === undefined || name === '--help' || name === '-h') {
    console.log(await overview())
    return name === undefined ? 2 : 0
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (load === undefined) {
    console.error(`redis-object-rpc has no command ${name}\n\n${await overview()}`)
    return 2
  }
  const command = await load()
  // Further on it may be a word of a command that is to be sent.
  if (args[0] === '--help') {
    console.log([`usage: ${command.usage}`, '', ...command.options.map((line) => `  ${line}`)].join('\n'))
    return 0
  }
  try {
    return await command.run(args)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    console.error(isUsageError(error) ? `${message}\nusage: ${command.usage}` : `${name}: ${message}`)
    return isUsageError(error) ? 2 : 1
  }
}

/** Ours, or one of Node's own argument parser. */
function isUsageError(error: unknown): boolean {
  return error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()))
  const lines = commands.flatMap(({ usage, summary }) => [`  ${usage}`, `      ${summary}`])
  return ['usage:', ...lines, '  redis-object-rpc --version'].join('\n')
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
