import { expect } from 'chai'
import { BusyError } from '../../../lib/errors.ts'
import type { CallRecord } from '../../../lib/rpc/watch/call-record.ts'
import { CallWatches, MOST_WATCHES } from '../../../lib/rpc/watch/call-watches.ts'
import type { Request } from '../../../lib/wire/message.ts'

function request(more: Partial<Request> = {}): Request {
  const address = { list: 'calc:rpc:1', id: 1 }
  return { method: 'add', args: [1], on: undefined, address, options: {}, began: 1, ...more } as Request
}

describe('the watches of one server', () => {
  const read = async (watches: CallWatches, show: () => void): Promise<CallRecord[]> => {
    const watch = watches.watch({})[Symbol.asyncIterator]()
    show()
    watches.end()
    const records: CallRecord[] = []
    for await (const record of watch) records.push(record)
    return records
  }

  it('tell calls from notifications and callbacks, and refusals from errors', async () => {
    const watches = new CallWatches('calc', 'server')
    const records = await read(watches, () => {
      watches.succeeded(request())
      watches.succeeded(request({ options: { notify: true } }))
      watches.succeeded(request({ on: 7, method: '' }))
      watches.failed(request(), new BusyError('calc', 'thrown by the method'))
      watches.failed(request({ began: 0 }), new BusyError('calc', 'full'))
      watches.expired(request({ began: 0 }))
    })
    expect(records.map(({ kind, outcome }) => `${kind} ${outcome}`)).to.deep.equal([
      'call ok',
      'notify ok',
      'callback ok',
      'call error',
      'call refused',
      'call expired',
    ])
    expect(watches.isEmpty).to.equal(true)
  })

  it('end at once after the server has begun to close', async () => {
    const watches = new CallWatches('calc', 'server')
    const late = watches.watch({})
    watches.end()
    expect(await late[Symbol.asyncIterator]().next()).to.deep.equal({ done: true, value: undefined })
    await watches.read()
  })

  it('are a bounded number', () => {
    const watches = new CallWatches('calc', 'server')
    const open = Array.from({ length: MOST_WATCHES }, () => watches.watch({})[Symbol.asyncIterator]())
    expect(() => watches.watch({})).to.throw(BusyError)
    void open[0]?.return?.()
    expect(() => watches.watch({})).not.to.throw()
    watches.end()
  })
})
