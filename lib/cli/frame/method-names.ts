import type { ServerInfo } from '../../index.ts'

/** Somebody waits for the Tab key: servers that need longer to answer are left out. In ms. */
const ANSWER_MS = 300

/** The methods that at least one of the servers exposes, sorted. */
export function methodNames(servers: readonly ServerInfo[]): string[] {
  return [...new Set(servers.flatMap(({ methods }) => methods))].toSorted()
}

/** Asks the servers of a service for their methods, for completion. @param client of the service */
export async function askMethodNames(client: object): Promise<string[]> {
  const { control } = await import('../../index.ts')
  return methodNames(await control(client).servers({ timeoutMs: ANSWER_MS }))
}
