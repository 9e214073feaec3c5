/**
 * What the codec costs beside bare JSON and beside superjson: `node --import=tsx test/bench/codec/main.ts`.
 *
 * Rounds are interleaved and each figure is a median in µs. Ratios are those of one round's figures, so that a machine
 * that is busy for a while does no harm. Prints JSON.
 */
import { cpus } from 'node:os'
import { SuperJSON } from 'superjson'
import { Codec } from '../../../lib/wire/codec.ts'
import { DEFAULT_LIMITS, parseMessage } from '../../../lib/wire/limits.ts'
import { payloads } from './payloads.ts'

const ROUNDS = 41
const ROUND_MS = 12

const codec = new Codec()
const superjson = new SuperJSON()

interface Contender {
  readonly name: string
  readonly run: () => unknown
}

/** Microseconds a run takes, in one round. */
function time({ run }: Contender, runs: number): number {
  const start = process.hrtime.bigint()
  for (let i = 0; i < runs; i++) run()
  return Number(process.hrtime.bigint() - start) / runs / 1_000
}

/** Medians of all contenders, and of their ratios to the first. */
function compare(contenders: readonly Contender[]): Record<string, { us: number; ratio: number }> {
  const runs = contenders.map((contender) =>
    Math.max(1, Math.round((ROUND_MS * 1_000) / Math.max(time(contender, 50), 0.01))),
  )
  const rounds = Array.from({ length: ROUNDS }, () =>
    contenders.map((contender, i) => time(contender, runs[i] as number)),
  )
  const figures = contenders.map(({ name }, i) => {
    const us = median(rounds.map((round) => round[i] as number))
    const ratio = median(rounds.map((round) => (round[i] as number) / (round[0] as number)))
    return [name, { us: rounded(us), ratio: rounded(ratio) }] as const
  })
  return Object.fromEntries(figures)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

const results = payloads.map(({ name, value }) => {
  const encoded = codec.encode(value, 'value')
  const [json, meta] = typeof encoded === 'string' ? [encoded] : [encoded.json, encoded.meta]
  const rich = superjson.stringify(value as never)
  return {
    payload: name,
    bytes: json.length + (meta?.length ?? 0),
    encode: compare([
      { name: 'JSON.stringify', run: () => JSON.stringify(value) },
      { name: 'codec', run: () => codec.encode(value, 'value') },
      { name: 'codec, as the one argument', run: () => codec.encodeAll([value], 'args') },
      { name: 'superjson', run: () => superjson.stringify(value as never) },
    ]),
    decode: compare([
      { name: 'JSON.parse', run: () => JSON.parse(json) },
      {
        name: 'codec',
        run: () =>
          codec.decode(
            parseMessage(json, DEFAULT_LIMITS),
            meta === undefined ? undefined : parseMessage(meta, DEFAULT_LIMITS),
          ),
      },
      { name: 'superjson', run: () => superjson.parse(rich) },
    ]),
  }
})

console.log(JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, rounds: ROUNDS, results }, null, 2))
