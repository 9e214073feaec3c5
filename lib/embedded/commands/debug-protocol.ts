import type { Caller } from '../engine/caller.ts'
import {
  AttributedReply,
  BigNumberReply,
  BooleanReply,
  DoubleReply,
  ErrorReply,
  MapReply,
  PushReply,
  type Reply,
  SetReply,
  VerbatimReply,
} from '../resp/value.ts'

const SAMPLES: Readonly<Record<string, (client: Caller) => Reply>> = {
  string: () => 'Hello World',
  integer: () => 12345,
  double: () => new DoubleReply(Number('3.141')),
  bignum: () => new BigNumberReply('1234567999999999999999999999999999999'),
  null: () => null,
  array: () => [0, 1, 2],
  set: () => new SetReply([0, 1, 2]),
  map: () => new MapReply([0, 1, 2].flatMap((i) => [i, new BooleanReply(i % 2 === 1)])),
  attrib: () => new AttributedReply(['key-popularity', ['key:123', 90]], 'Some real reply following the attribute'),
  push(client) {
    if (client.protocol === 2) throw new ErrorReply('ERR RESP2 is not supported by this command')
    client.push(new PushReply(['server-cpu-usage', 42]))
    return 'Some real reply following the push reply'
  },
  verbatim: () => new VerbatimReply('This is a verbatim\nstring'),
  true: () => new BooleanReply(true),
  false: () => new BooleanReply(false),
}

/** A sample reply of each type of the protocol, for authors of clients. */
export function protocolSample(client: Caller, type: string): Reply {
  const sample = Object.hasOwn(SAMPLES, type.toLowerCase()) ? SAMPLES[type.toLowerCase()] : undefined
  if (sample !== undefined) return sample(client)
  throw new ErrorReply(
    'ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false',
  )
}
