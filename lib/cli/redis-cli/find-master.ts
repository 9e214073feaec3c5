import { CliConnection, CliConnectionError } from './connection.ts'
import type { RedisPlace, Sentinels } from './place.ts'

/**
 * Asks the Sentinels, one after the other, for the address of the master.
 * @throws CliConnectionError when none of them knows it
 * @see https://redis.io/docs/latest/develop/reference/sentinel-clients/
 */
export async function findMaster(
  { name, nodes, user, password }: Sentinels,
  tls: RedisPlace['tls'],
): Promise<RedisPlace> {
  let failure = ''
  for (const node of nodes) {
    let connection: CliConnection | undefined
    try {
      connection = await CliConnection.open({ ...node, path: undefined, tls })
      if (password !== undefined) await connection.call('AUTH', ...(user === undefined ? [] : [user]), password)
      const reply = await connection.call('SENTINEL', 'get-master-addr-by-name', name)
      const [host, port] = reply.kind === 'array' ? reply.items : []
      if (host?.kind === 'string' && port?.kind === 'string') {
        return { host: host.text, port: Number(port.text), path: undefined, tls }
      }
      failure = reply.kind === 'error' ? reply.text : 'unknown name'
    } catch (error) {
      if (!(error instanceof CliConnectionError)) throw error
      failure = error.message
    } finally {
      connection?.close()
    }
  }
  throw new CliConnectionError(`No Sentinel knows the address of the master ${name}: ${failure}`)
}
