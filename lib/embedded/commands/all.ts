import type { AnyCommand } from '../catalog/facts.ts'
import * as table from './table.ts'

/** Every command of the server, in the order of their constants' names. */
export const COMMANDS: readonly AnyCommand[] = Object.values(table)
