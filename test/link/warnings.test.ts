import { once } from 'node:events'
import { expect } from 'chai'
import { checkCallEndOptions } from '../../lib/link/options.ts'

const { onError } = checkCallEndOptions({})

describe('onError, by default', () => {
  it('prints a warning, whatever a method has thrown', async () => {
    const failures: [Error, code: string, message: string][] = [
      [Object.assign(new Error('no'), { code: 'E_NO' }), 'E_NO', 'no'],
      [new RangeError('too far'), 'RangeError', 'too far'],
      [new DOMException('too late', 'TimeoutError'), 'TimeoutError', 'too late'],
      [Object.assign(new Error('no'), { code: 5 }), 'Error', 'no'],
      [Object.assign(new Error('no'), { code: Symbol('no'), name: 7, message: 8 }), '7', '8'],
    ]
    for (const [error, code, message] of failures) {
      const warned = once(process, 'warning')
      onError(error)
      const [warning] = await warned
      expect(warning).to.include({ name: 'RedisObjectRpcWarning', code, message })
    }
  })
})
