import { expect } from 'chai'
import { contextHook, ServedContext } from '../../../lib/rpc/serving/call-context.ts'
import { type CallServer, ServedCall } from '../../../lib/rpc/serving/served-call.ts'
import type { Request } from '../../../lib/wire/message.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

describe('a call that is served', () => {
  const { isOn } = contextHook
  afterEach(() => {
    contextHook.isOn = isOn
  })

  /** What a stream in the result belongs to. */
  function ownerOfStream(use?: (call: ServedCall) => void): unknown {
    let owner: unknown
    const clock = new ManualClock()
    const server: Partial<CallServer> = {
      contextFor: (request) => new ServedContext('calc', request, undefined, clock),
      succeed: () => {
        owner = contextHook.current
      },
    }
    const call = new ServedCall(server as CallServer, { method: 'rows', options: {} } as Request)
    use?.(call)
    call.succeed('a stream')
    expect(contextHook.current).to.equal(undefined)
    return owner === call ? 'the call' : owner
  }

  it('keeps its request for a stream only if someone can read its context', () => {
    contextHook.isOn = false
    expect(ownerOfStream()).to.equal(undefined)
    expect(ownerOfStream((call) => call.context)).to.equal('the call')
    contextHook.isOn = true
    expect(ownerOfStream()).to.equal('the call')
  })
})
