import type { Command } from 'commander'
import type { HealthCheck } from '../../inspect/index.ts'
import { act } from '../frame/action.ts'
import { EXIT_CODES } from '../frame/exit-codes.ts'
import { oneLine, safeJson } from '../frame/safe-text.ts'

const MARKS: Readonly<Record<HealthCheck['state'], string>> = {
  good: 'ok',
  warning: 'warning',
  bad: 'BAD',
  unknown: '?',
}

/** `redis-object-rpc doctor [SERVICE]` */
export function doctor(command: Command): void {
  command.argument('[service]', 'service whose keys are used to check permissions', 'calc').addHelpText(
    'after',
    `
Examples:
  redis-object-rpc doctor
  redis-object-rpc doctor orders --url redis://orders-server:secret@redis.internal

It checks the version, latency, clock, eviction policy, memory and connections of Redis, and uses ACL DRYRUN to check
the permissions of the user. It changes nothing. The exit code is 1 if a check is BAD.`,
  )
  act<[service: string], object>(command, async (context, [service]) => {
    const checks = await (await context.inspector()).health(service)
    if (context.json) await context.output.line(safeJson(JSON.stringify({ checks })))
    else
      await context.output.table(
        ['CHECK', 'STATE', 'FOUND'],
        checks.map(({ name, state, text, advice }) => [
          name,
          MARKS[state],
          oneLine(advice === '' ? text : `${text}; ${advice}`),
        ]),
      )
    return checks.some(({ state }) => state === 'bad') ? EXIT_CODES.failed : EXIT_CODES.ok
  })
}
