import type { Caller } from '../engine/caller.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { ErrorReply } from '../resp/value.ts'
import { bigInteger, integer } from './parse.ts'
import type { Demand } from './stream-deliver.ts'

/** What XREAD and XREADGROUP ask for. */
export interface ReadRequest {
  readonly keys: readonly string[]
  /** The ids as the client wrote them, one per key. */
  readonly ids: readonly string[]
  /** The greatest number of entries of each stream. */
  readonly count: number
  /** When to stop waiting, in ms since 1970; `undefined` if the client does not block. */
  readonly until: number | undefined
  readonly group: (Demand & { readonly name: string }) | undefined
}

/**
 * Reads `[GROUP group consumer] [COUNT count] [BLOCK ms] [NOACK] STREAMS key … id …`.
 * @throws ErrorReply - if the arguments are invalid, or a script wants to block
 */
export function parseRead({ engine, runsScripts }: Caller, argv: readonly string[], inGroup: boolean): ReadRequest {
  let count = Infinity
  let until: number | undefined
  let noAck = false
  let names: readonly [group: string, consumer: string] | undefined
  let streamsAt: number | undefined
  for (let i = 1; i < argv.length && streamsAt === undefined; i++) {
    const word = argv[i]!.toUpperCase()
    const more = argv.length - i - 1
    if (word === 'BLOCK' && more > 0) {
      // Redis refuses this before it reads the timeout.
      if (runsScripts) throw new ErrorReply(`ERR ${argv[0]} command is not allowed with BLOCK option from scripts`)
      until = blockUntil(argv[++i]!, engine.now)
    } else if (word === 'COUNT' && more > 0) count = Math.max(0, integer(argv[++i]!)) || Infinity
    else if (word === 'STREAMS' && more > 0) {
      if (more % 2 !== 0) throw UNBALANCED
      streamsAt = i + 1
    } else if (word === 'GROUP' && more > 1) {
      if (!inGroup) throw onlyInGroup('GROUP')
      names = [argv[i + 1]!, argv[i + 2]!]
      i += 2
    } else if (word === 'NOACK') {
      if (!inGroup) throw onlyInGroup('NOACK')
      noAck = true
    } else throw SYNTAX_ERROR
  }
  if (streamsAt === undefined) throw SYNTAX_ERROR
  if (inGroup && names === undefined) throw new ErrorReply('ERR Missing GROUP option for XREADGROUP')
  const middle = streamsAt + (argv.length - streamsAt) / 2
  const group = names && { name: names[0], consumerName: names[1], count, noAck }
  return { keys: argv.slice(streamsAt, middle), ids: argv.slice(middle), count, until, group }
}

/** Redis names XREAD and `$` for XREADGROUP as well. */
const UNBALANCED = new ErrorReply(
  "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
)

function onlyInGroup(option: string): ErrorReply {
  return new ErrorReply(`ERR The ${option} option is only supported by XREADGROUP. You called XREAD instead.`)
}

/** Reads a timeout in ms; `Infinity` for 0. */
function blockUntil(text: string, now: number): number {
  const ms = bigInteger(text, new ErrorReply('ERR timeout is not an integer or out of range'))
  if (ms < 0n) throw new ErrorReply('ERR timeout is negative')
  // A timeout beyond the end of time is accepted as well.
  return ms === 0n ? Infinity : now + Number(ms)
}
