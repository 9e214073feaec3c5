import { control, type Remote, RemoteTarget, release } from 'redis-object-rpc'

/** What stays where it is, on the wire: `docs/protocol.md` shows these exchanges, and a test compares them with what `MONITOR` prints. */
export interface ObjectVector {
  readonly source: string
  /** @param seen resolves once a command that matches has reached Redis */
  readonly run: (jobs: Remote<FarJobs>, seen: (command: RegExp) => Promise<void>) => Promise<unknown>
  /** Which commands are shown; left out: pushes. */
  readonly shows?: RegExp
  readonly lines: readonly string[]
}

class Cursor extends RemoteTarget {
  #at = 0

  next(): number {
    return this.#at++
  }
}

/** What the vectors are run on. */
export class FarJobs {
  readonly #cursors = new Set<Cursor>()

  async run(progress: (percent: number) => unknown): Promise<string> {
    await progress(50)
    return 'done'
  }

  open(): Cursor {
    const cursor = new Cursor()
    this.#cursors.add(cursor)
    return cursor
  }

  isMine(cursor: Cursor): boolean {
    return this.#cursors.has(cursor)
  }

  async stopped(signal: AbortSignal): Promise<string> {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return String(signal.reason)
  }
}

export const SERVICE = 'calc'

export const OBJECTS: readonly ObjectVector[] = [
  {
    source: 'a function among the arguments, which the method calls',
    run: (jobs) => jobs.run(() => 'go on'),
    lines: [
      'RPUSH calc {"function_call":{"name":"run","args":[{"at":"calc:rpc:V1StGXR8_Z5j","id":1,"loan":1}]},"meta":{"values":{"0":[["custom","Function"]]},"v":1},"life":"ee863e62bff1419307cc41f0","response_queue":"calc:rpc:V1StGXR8_Z5j","id":40,"sent":1700000000000,"deadline":1700000030000}',
      'RPUSH calc:rpc:V1StGXR8_Z5j {"function_call":{"on":1,"name":"","args":[50]},"life":"ee863e62bff1419307cc41f0","response_queue":"{calc}:server:JJgfjfgbIgOZ","id":1,"sent":1700000000000,"deadline":1700000030000}',
      'RPUSH {calc}:server:JJgfjfgbIgOZ {"id":1,"return_value":"go on"}',
      'RPUSH calc:rpc:V1StGXR8_Z5j {"id":40,"by":"{calc}:server:JJgfjfgbIgOZ","return_value":"done"}',
    ],
  },
  {
    source: 'an object that is returned by reference, is called, goes home, and is released',
    async run(jobs) {
      const cursor = await jobs.open()
      await cursor.next()
      await jobs.isMine(cursor)
      release(cursor)
    },
    lines: [
      'RPUSH calc {"function_call":{"name":"open","args":[]},"life":"ee863e62bff1419307cc41f0","response_queue":"calc:rpc:V1StGXR8_Z5j","id":40,"sent":1700000000000,"deadline":1700000030000}',
      'RPUSH calc:rpc:V1StGXR8_Z5j {"id":40,"return_value":{"at":"{calc}:server:JJgfjfgbIgOZ","id":1,"loan":1},"meta":{"values":[["custom","Reference"]],"v":1}}',
      'RPUSH {calc}:server:JJgfjfgbIgOZ {"function_call":{"on":1,"name":"next","args":[]},"life":"ee863e62bff1419307cc41f0","response_queue":"calc:rpc:V1StGXR8_Z5j","id":41,"sent":1700000000000,"deadline":1700000030000}',
      'RPUSH calc:rpc:V1StGXR8_Z5j {"id":41,"return_value":0}',
      'RPUSH {calc}:server:JJgfjfgbIgOZ {"function_call":{"name":"isMine","args":[{"at":"{calc}:server:JJgfjfgbIgOZ","id":1,"loan":0}]},"meta":{"values":{"0":[["custom","Reference"]]},"v":1},"life":"ee863e62bff1419307cc41f0","response_queue":"calc:rpc:V1StGXR8_Z5j","id":42,"sent":1700000000000,"deadline":1700000030000}',
      'RPUSH calc:rpc:V1StGXR8_Z5j {"id":42,"return_value":true}',
      'RPUSH {calc}:server:JJgfjfgbIgOZ {"function_call":{"name":"rpc.release","args":["calc:rpc:V1StGXR8_Z5j",[1]]},"options":{"notify":true},"sent":1700000000000,"deadline":1700000060000}',
    ],
  },
  {
    source: 'a signal among the arguments, which fires',
    async run(jobs, seen) {
      const controller = new AbortController()
      const stopped = jobs.stopped(controller.signal)
      await seen(/"name":"rpc.wait"/)
      controller.abort('enough')
      await stopped
    },
    lines: [
      'RPUSH calc {"function_call":{"name":"stopped","args":[{"at":"calc:rpc:V1StGXR8_Z5j","id":1,"loan":1}]},"meta":{"values":{"0":[["custom","AbortSignal"]]},"v":1},"life":"ee863e62bff1419307cc41f0","response_queue":"calc:rpc:V1StGXR8_Z5j","id":40,"sent":1700000000000,"deadline":1700000030000}',
      'RPUSH calc:rpc:V1StGXR8_Z5j {"function_call":{"on":1,"name":"rpc.wait","args":[]},"life":"ee863e62bff1419307cc41f0","response_queue":"{calc}:server:JJgfjfgbIgOZ","id":1,"sent":1700000000000,"deadline":1700000600000}',
      'RPUSH {calc}:server:JJgfjfgbIgOZ {"id":1,"return_value":{"reason":"enough"}}',
      'RPUSH calc:rpc:V1StGXR8_Z5j {"id":40,"by":"{calc}:server:JJgfjfgbIgOZ","return_value":"enough"}',
      'RPUSH calc:rpc:V1StGXR8_Z5j {"function_call":{"name":"rpc.release","args":["{calc}:server:JJgfjfgbIgOZ",[1]]},"options":{"notify":true},"sent":1700000000000,"deadline":1700000060000}',
    ],
  },
  {
    source: 'a signal that had fired before',
    run: (jobs) => jobs.stopped(AbortSignal.abort('enough')),
    lines: [
      'RPUSH calc {"function_call":{"name":"stopped","args":[{"at":"calc:rpc:V1StGXR8_Z5j","id":0,"loan":0,"aborted":true,"reason":"enough"}]},"meta":{"values":{"0":[["custom","AbortSignal"]]},"v":1},"life":"ee863e62bff1419307cc41f0","response_queue":"calc:rpc:V1StGXR8_Z5j","id":40,"sent":1700000000000,"deadline":1700000030000}',
      'RPUSH calc:rpc:V1StGXR8_Z5j {"id":40,"return_value":"enough"}',
    ],
  },
  {
    source: 'a client that closes while it has borrowed something',
    async run(jobs) {
      await jobs.open()
      await control(jobs).close()
    },
    lines: [
      'RPUSH calc {"function_call":{"name":"open","args":[]},"life":"ee863e62bff1419307cc41f0","response_queue":"calc:rpc:V1StGXR8_Z5j","id":40,"sent":1700000000000,"deadline":1700000030000}',
      'RPUSH calc:rpc:V1StGXR8_Z5j {"id":40,"return_value":{"at":"{calc}:server:JJgfjfgbIgOZ","id":1,"loan":1},"meta":{"values":[["custom","Reference"]],"v":1}}',
      'RPUSH {calc}:server:JJgfjfgbIgOZ {"function_call":{"name":"rpc.release","args":["calc:rpc:V1StGXR8_Z5j",[1]]},"options":{"notify":true},"sent":1700000000000,"deadline":1700000060000}',
      'RPUSH {calc}:server:JJgfjfgbIgOZ {"function_call":{"name":"rpc.goodbye","args":["calc:rpc:V1StGXR8_Z5j"]},"options":{"notify":true},"sent":1700000000000,"deadline":1700000060000}',
    ],
  },
  {
    source: 'what the same client writes to the table of clients',
    async run(jobs, seen) {
      await jobs.open()
      await seen(/^ZADD \{calc\}:clients/)
      await control(jobs).close()
    },
    shows: /^(ZADD|DEL) \{calc\}:clients/,
    lines: [
      'ZADD {calc}:clients 1700000005000 V1StGXR8_Z5j 5000 ee863e62bff1419307cc41f0 7,8',
      'ZADD {calc}:clients -1700000000000 V1StGXR8_Z5j 5000 ee863e62bff1419307cc41f0 7,8',
      'DEL {calc}:clients',
    ],
  },
]
