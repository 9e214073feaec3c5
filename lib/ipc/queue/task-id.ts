import { randomUUID } from 'node:crypto'

/** The latest time that there is room for, in ms since 1970. */
const LATEST = 2 ** 48 - 1
const CHECKS = 4_096
const PARTS = /^([0-9a-f]{8})-([0-9a-f]{4})-4([0-9a-f]{3})-[89ab][0-9a-f]{3}-([0-9a-f]{12})$/i

/**
 * A UUID for a task, which contains the time from which the task can be taken. Tasks of redis_ipc have
 * no field for that, only a version 4 UUID: of its 122 bits, 48 are the time, 12 a checksum by which
 * the time is recognized, and 62 remain random.
 * @param at in ms since 1970
 */
export function newTaskId(at: number): string {
  const time = Math.min(at, LATEST)
  const digits = hex(time, 12)
  const random = randomUUID().slice(19) // yrrr-rrrrrrrrrrrr
  return `${digits.slice(0, 8)}-${digits.slice(8)}-4${hex(checkOf(time, random.slice(5)), 3)}-${random}`
}

/**
 * The time in a task's UUID, in ms since 1970; undefined: it has none, since another program assigned
 * it. One in 4096 of those looks as if it contained any time since 1970 or in the next 9000 years.
 */
export function timeInTaskId(uuid: string): number | undefined {
  const [, high, low, check, random] = PARTS.exec(uuid) ?? []
  if (high === undefined || low === undefined || check === undefined || random === undefined) return undefined
  const time = Number.parseInt(high + low, 16)
  return Number.parseInt(check, 16) === checkOf(time, random) ? time : undefined
}

function checkOf(time: number, random: string): number {
  return (time + Number.parseInt(random, 16)) % CHECKS
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
