import type { Inspector } from '../inspect/index.ts'
import { LONGEST_NAME } from './bounded.ts'
import { type FormCalls, LONGEST_CALL_MS } from './calls.ts'
import type { DashboardAction } from './options.ts'
import { Refusal } from './refusal.ts'

/** What the page can change. */
export interface ChangeTargets {
  readonly inspector: Inspector
  readonly calls: FormCalls
}

/** A change that was asked for, checked. */
export interface Change {
  readonly action: Exclude<DashboardAction, 'read'>
  /** What it is for. */
  readonly name: string
  /**
   * Makes the change, and says in JSON what came of it.
   * @param signal fires when nobody waits for that any more
   */
  make(targets: ChangeTargets, signal: AbortSignal): Promise<string>
}

type Fields = Readonly<Record<string, unknown>>

const CHANGES: ReadonlyMap<string, (fields: Fields) => Change> = new Map<string, (fields: Fields) => Change>([
  [
    'call',
    (fields) => {
      const { timeoutMs = 10_000 } = fields
      const args = argsIn(fields)
      const call = { service: nameIn(fields, 'service'), method: nameIn(fields, 'method') }
      if (typeof timeoutMs !== 'number' || !Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > LONGEST_CALL_MS)
        throw new Refusal(400, `timeoutMs must be a whole number from 1 to ${LONGEST_CALL_MS}`)
      return {
        action: 'call',
        name: call.service,
        make: async ({ calls }, signal) => JSON.stringify(await calls.call({ ...call, args, timeoutMs }, signal)),
      }
    },
  ],
  [
    'replay',
    (fields) => {
      const name = nameIn(fields, 'name')
      const ids = fields.ids === 'all' ? 'all' : idsIn(fields)
      return { action: 'replay', name, make: ({ inspector }) => counted(inspector.replay(name, ids)) }
    },
  ],
  [
    'remove',
    (fields) => {
      const name = nameIn(fields, 'name')
      const ids = idsIn(fields)
      return { action: 'remove', name, make: ({ inspector }) => counted(inspector.remove(name, ids)) }
    },
  ],
  [
    'drain',
    (fields) => {
      const name = nameIn(fields, 'name')
      return { action: 'drain', name, make: ({ inspector }) => counted(inspector.drain(name)) }
    },
  ],
  [
    'cache-delete',
    (fields) => {
      const name = nameIn(fields, 'name')
      const field = nameIn(fields, 'field')
      return {
        action: 'cache-delete',
        name,
        make: async ({ inspector }) => JSON.stringify({ deleted: await inspector.cacheDelete(name, field) }),
      }
    },
  ],
])

/** JSON has no undefined, so arguments that are left out before others are listed by their places. */
function argsIn({ args, omitted = [] }: Fields): readonly unknown[] {
  if (!Array.isArray(args)) throw new Refusal(400, 'args must be an array')
  if (!Array.isArray(omitted)) throw new Refusal(400, 'omitted must be an array of places in args')
  const places = new Set<unknown>(omitted)
  return args.map((arg: unknown, index) => (places.has(index) ? undefined : arg))
}

/** How many dead letters one request may be for. */
const MOST_LETTERS = 100

function idsIn({ ids }: Fields): readonly string[] {
  const isId = (id: unknown): boolean => typeof id === 'string' && /^\d{1,20}-\d{1,20}$/.test(id)
  if (Array.isArray(ids) && ids.length > 0 && ids.length <= MOST_LETTERS && ids.every(isId)) return ids as string[]
  throw new Refusal(400, `ids must be 1 to ${MOST_LETTERS} ids of dead letters`)
}

async function counted(change: Promise<number>): Promise<string> {
  return JSON.stringify({ count: await change })
}

/** @throws Refusal when there is no such change, or its fields are none of its own */
export function findChange(name: string, fields: object): Change {
  const make = CHANGES.get(name)
  if (make === undefined) throw new Refusal(404, 'there is no such action')
  return make(fields as Fields)
}

function nameIn(fields: Fields, field: string): string {
  const name = fields[field]
  if (typeof name === 'string' && name !== '' && name.length <= LONGEST_NAME) return name
  throw new Refusal(400, `${field} must be a name`)
}
