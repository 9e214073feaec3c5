import type { ServerReport } from '../../lib/rpc/server-report.ts'

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

const REQUEST = (name: string, id: number): string =>
  `RPUSH {calc}:server:JJgfjfgbIgOZ {"function_call":{"name":"${name}","args":[]},"life":"ee863e62bff1419307cc41f0","response_queue":"calc:rpc:V1StGXR8_Z5j","id":${id},"sent":1700000000000,"deadline":1700000001000}`

export const REPORT_LINES: readonly string[] = [
  REQUEST('rpc.stats', 21),
  `RPUSH calc:rpc:V1StGXR8_Z5j {"id":21,"return_value":${JSON.stringify(REPORT)}}`,
]
