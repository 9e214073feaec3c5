import { connectionName } from '../../link/connection-name.ts'

/**
 * Whether no connection in the answer to CLIENT LIST could be that of another server of a service:
 * shared connections could, whatever they are used for.
 * @param own the ids of this server's connections
 * @see https://redis.io/docs/latest/commands/client-list/
 */
export function isOnlyServer(clients: string, service: string, own: ReadonlySet<number>): boolean {
  const names = [connectionName(service, 'server'), connectionName('', 'shared')]
  return !clients.split('\n').some((line) => {
    const found = /^id=(\d+) .*? name=(\S*)/.exec(line)
    return found !== null && !own.has(Number(found[1])) && names.includes(found[2] as string)
  })
}
