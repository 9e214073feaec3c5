/** A caller, as `editor.test.ts` shows it to a language service. */
import { pipe, RedisRPCClient } from 'redis-object-rpc'
import type { Users } from './users.ts'

const users = new RedisRPCClient<Users>('redis://localhost', 'users')

export async function call(): Promise<void> {
  await users.find(1)
  await users.load(1)
  await users.get(1)
  await users.count(1)
  await users.admins.promote(1)
  await users.limit
  for await (const user of users.rows()) user.trim()
  await users.each((name) => console.log(name.trim()))
  await users.logout(await users.login())
  await pipe(users, (far) => far.load(1))
  // @ts-expect-error an iterator does not travel
  users.names()
  // @ts-expect-error type parameters of a sync method would be lost
  users.echo(1)
}
