import type { CallRecord } from 'redis-object-rpc'
import type { ServerReport } from '../../lib/rpc/meter/server-report.ts'

/** What a server says of what it has measured, on the wire: `docs/protocol.md` shows this, and tests read it. */
export const REPORT: ServerReport = {
  id: 'JJgfjfgbIgOZ',
  at: 1_700_000_000_000,
  started: 1_699_999_960_000,
  methods: {
    add: {
      calls: 3,
      errors: 1,
      running: 1,
      latency: {
        count: 3,
        sumMs: 31.2,
        p50Ms: 4.352,
        p95Ms: 25.9,
        p99Ms: 25.9,
        maxMs: 25.9,
        buckets: [2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3],
      },
      lastError: { at: 1_699_999_999_000, name: 'RangeError', message: 'too large' },
    },
  },
  recentErrors: [
    {
      at: 1_699_999_999_000,
      method: 'add',
      name: 'RangeError',
      message: 'too large',
      stack: 'RangeError: too large\n    at add (calc.js:7:9)',
      caller: 'calc:rpc:V1StGXR8_Z5j',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
  ],
}

/** A call as a server shows it to a watcher. */
export const RECORD: CallRecord = {
  at: 1_699_999_999_000,
  server: 'JJgfjfgbIgOZ',
  method: 'add',
  access: 'call',
  kind: 'call',
  caller: 'calc:rpc:V1StGXR8_Z5j',
  durationMs: 25.9,
  outcome: 'error',
  error: { name: 'RangeError', message: 'too large' },
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  sampled: 1,
}

const REQUEST = (name: string, id: number, args = ''): string =>
  `RPUSH {calc}:server:JJgfjfgbIgOZ {"function_call":{"name":"${name}","args":[${args}]},"life":"ee863e62bff1419307cc41f0","response_queue":"calc:rpc:V1StGXR8_Z5j","id":${id},"sent":1700000000000,"deadline":1700000001000}`

export const REPORT_LINES: readonly string[] = [
  REQUEST('rpc.stats', 21),
  `RPUSH calc:rpc:V1StGXR8_Z5j {"id":21,"return_value":${JSON.stringify(REPORT)}}`,
]

/** A watcher's request, the stream that answers it, its first pull, and that one's answer. */
export const WATCH_LINES: readonly string[] = [
  REQUEST('rpc.watch', 22, '{"failed":true}'),
  'RPUSH calc:rpc:V1StGXR8_Z5j {"id":22,"return_value":{"at":"{calc}:server:JJgfjfgbIgOZ","id":1,"loan":1,"form":"iterable"},"meta":{"values":[["custom","Stream"]],"v":1}}',
  'RPUSH {calc}:server:JJgfjfgbIgOZ {"function_call":{"on":1,"name":"rpc.next","args":[0,10000,131072,10000]},"life":"ee863e62bff1419307cc41f0","response_queue":"calc:rpc:V1StGXR8_Z5j","id":23,"sent":1700000000000,"deadline":1700000070000}',
  `RPUSH calc:rpc:V1StGXR8_Z5j {"id":23,"return_value":{"items":[${JSON.stringify(RECORD)}]}}`,
]
