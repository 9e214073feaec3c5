import { expect } from 'chai'
import { MessageTooLargeError, ProtocolError } from '../../lib/errors.ts'
import { Codec } from '../../lib/wire/codec.ts'
import { newClassicReplyList, newInbox, newWakeList, replyPrefix, slotTag } from '../../lib/wire/keys.ts'
import { DEFAULT_LIMITS } from '../../lib/wire/limits.ts'
import {
  classicRequestText,
  findAddress,
  readRequest,
  requestHead,
  requestTail,
  requestText,
  requestTimes,
} from '../../lib/wire/message.ts'
import { failureText, findReplyId, readReply, replyText } from '../../lib/wire/reply.ts'

const codec = new Codec()
const native = { list: 'calc:rpc:V1StGXR8_Z5j', id: 17 }
const classic = { list: 'calc:rpc:X7Y2US9A', id: undefined }

const request = (args: readonly unknown[]): string =>
  requestText(
    requestHead('add'),
    codec.encode(args, 'args'),
    '',
    requestTail(native.list, '0a1b'),
    native.id,
    requestTimes(1699999970000, 1700000000000),
  )

describe('messages', () => {
  it('are written exactly so', () => {
    expect(request([5])).to.equal(
      '{"function_call":{"name":"add","args":[5]},"life":"0a1b","response_queue":"calc:rpc:V1StGXR8_Z5j","id":17,' +
        '"sent":1699999970000,"deadline":1700000000000}',
    )
    expect(request([new Date(0)])).to.equal(
      '{"function_call":{"name":"add","args":["1970-01-01T00:00:00.000Z"]},"meta":{"values":{"0":["Date"]},"v":1},' +
        '"life":"0a1b","response_queue":"calc:rpc:V1StGXR8_Z5j","id":17,"sent":1699999970000,"deadline":1700000000000}',
    )
    expect(classicRequestText('add', '[5]', '{}', classic.list)).to.equal(
      '{"function_call":{"name":"add","args":[5]},"response_queue":"calc:rpc:X7Y2US9A"}',
    )
    expect(classicRequestText('val', '[]', '{}', classic.list)).to.equal(
      '{"function_call":{"name":"val"},"response_queue":"calc:rpc:X7Y2US9A"}',
    )
    expect(replyText(native, 4, codec)).to.equal('{"id":17,"return_value":4}')
    expect(replyText(native, undefined, codec)).to.equal(
      '{"id":17,"return_value":null,"meta":{"values":["undefined"],"v":1}}',
    )
    expect(replyText(classic, undefined, codec)).to.equal('{"return_value":null}')
    expect(failureText(classic, new TypeError('no'), codec, true)).to.equal('{"exception":"TypeError: no"}')
    expect(failureText(native, new TypeError('no'), codec, false)).to.equal(
      '{"id":17,"exception":"TypeError: no","error":{"name":"TypeError","message":"no"}}',
    )
  })

  it('of a method that returns nothing are what the codec itself would write', () => {
    const encoded = codec.encode(undefined, 'return_value') as { json: string; meta: string }
    const expected = `{"id":17,"return_value":${encoded.json},"meta":${encoded.meta}}`
    expect(replyText(native, undefined, codec)).to.equal(expected)
  })

  it('are read whatever the order of their fields, and with fields that are not known', () => {
    const text =
      '{"later":{"x":1},"deadline":5,"id":17,"response_queue":"q","function_call":{"more":1,"args":[1],"name":"add"}}'
    expect(readRequest(text, DEFAULT_LIMITS)).to.deep.equal({
      on: undefined,
      method: 'add',
      args: [1],
      kwargs: undefined,
      meta: undefined,
      address: { list: 'q', id: 17 },
      sent: undefined,
      deadline: 5,
      life: undefined,
      options: {},
      began: 0,
    })
    expect(readReply('{"x":1,"return_value":null,"exception":null}', DEFAULT_LIMITS)).to.deep.equal({
      id: undefined,
      failed: false,
      value: null,
      by: undefined,
      meta: undefined,
    })
  })

  for (const text of [
    'x',
    '',
    '\ufeff{}',
    '[]',
    'null',
    '{"function_call":{"name":"a"}}',
    '{"function_call":{"name":"a"},"response_queue":""}',
    '{"function_call":{"name":"a"},"response_queue":["q"]}',
    '{"function_call":{"name":"a"},"response_queue":"q","id":"1"}',
    '{"function_call":{"name":"a"},"response_queue":"q","id":1.5}',
    '{"function_call":{"name":"a"},"response_queue":"q","deadline":"now"}',
    '{"function_call":{"name":["a"]},"response_queue":"q"}',
    '{"function_call":{"name":"a","args":"b"},"response_queue":"q"}',
    '{"function_call":{"name":"a","kwargs":[1]},"response_queue":"q"}',
    '{"function_call":{"name":"a","args":[{"__proto__":{}}]},"response_queue":"q"}',
    '{"v":2,"function_call":{"name":"a"},"response_queue":"q"}',
    '{"function_call":null,"response_queue":"q"}',
    '{"function_call":{"name":"a","on":"1"},"response_queue":"q"}',
    '{"function_call":{"name":"a","on":1.5},"response_queue":"q"}',
    '{"function_call":{"name":"a"},"response_queue":"q","options":[]}',
    '{"function_call":{"name":"a"},"response_queue":"q","options":"notify"}',
    '{"function_call":{"name":"a"},"response_queue":"q","options":{"notify":"yes"},"id":[]}',
    '{"function_call":{"name":"a"},"response_queue":"q","options":{"attempt":0}}',
    '{"function_call":{"name":"a"},"response_queue":"q","options":{"attempt":1e999}}',
    '{"function_call":{"name":"a"},"response_queue":"q","options":{"metadata":{"a":1}}}',
    '{"function_call":{"name":"a"},"response_queue":"q","options":{"idempotency":{"key":"k","ttlMs":5}}}',
    '{"function_call":{"name":"a"},"response_queue":"q","id":1,"options":{"idempotency":null}}',
    '{"function_call":{"name":"a"},"response_queue":"q","id":1,"options":{"idempotency":{"key":["k"],"ttlMs":5}}}',
    '{"function_call":{"name":"a"},"response_queue":"q","id":1,"options":{"idempotency":{"key":"k","ttlMs":"5"}}}',
    '{"function_call":{"name":"a"},"response_queue":"q","id":1,"options":{"idempotency":{"key":"k","ttlMs":9e15}}}',
  ]) {
    it(`refuse as a request: ${text}`, () => {
      expect(() => readRequest(text, DEFAULT_LIMITS)).to.throw(ProtocolError)
    })
  }

  for (const text of [
    '',
    '[]',
    '5',
    '{}',
    '{"id":"1","return_value":1}',
    '{"exception":{}}',
    '{"exception":7}',
    '{"v":0,"return_value":1}',
  ]) {
    it(`refuse as a reply: ${text}`, () => {
      expect(() => readReply(text, DEFAULT_LIMITS)).to.throw(ProtocolError)
    })
  }

  it('may have options that are null, and need no address when nobody waits', () => {
    const call = '"function_call":{"name":"a"}'
    expect(readRequest(`{${call},"response_queue":"q","options":null}`, DEFAULT_LIMITS).options).to.deep.equal({})
    const notice = readRequest(`{${call},"response_queue":7,"options":{"notify":true}}`, DEFAULT_LIMITS)
    expect(notice.options).to.deep.equal({ notify: true })
    expect(notice.address.list, 'nothing is written to a key that it names').to.equal('')
  })

  it('do not read what a hostile prototype would add', () => {
    const text = '{"constructor":1,"toString":2,"response_queue":"q"}'
    expect(() => readRequest(text, DEFAULT_LIMITS)).to.throw(ProtocolError, 'function_call')
  })

  it('say where to answer even when they are too large to be parsed', () => {
    const limits = { ...DEFAULT_LIMITS, maxMessageBytes: 300 }
    const large = request(['x'.repeat(1_000)])
    expect(() => readRequest(large, limits)).to.throw(MessageTooLargeError)
    expect(findAddress(large, limits)).to.deep.equal(native)
    expect(findAddress('{"function_call":5,"response_queue":"q"}', limits)).to.deep.equal({ list: 'q', id: undefined })
    expect(findAddress('junk', limits)).to.equal(undefined)
    expect(findAddress('x'.repeat(10_000), limits)).to.equal(undefined)
  })

  it('say whose reply they are even when they are too large to be parsed', () => {
    expect(findReplyId(replyText(native, 'x'.repeat(1_000), codec))).to.equal(17)
    expect(findReplyId('{"return_value":1}')).to.equal(undefined)
  })
})

describe('keys', () => {
  it('of a service begin with its name, and share its slot where one command needs them together', () => {
    expect(replyPrefix('calc')).to.equal('calc:rpc:')
    expect(newInbox('calc')).to.match(/^calc:rpc:[\w-]{12}$/)
    expect(newClassicReplyList('calc')).to.match(/^calc:rpc:[A-Z0-9]{8}$/)
    expect(newWakeList('calc')).to.match(/^\{calc\}:wake:[\w-]{21}$/)
    expect(slotTag('a{b}c')).to.equal('a{b}c')
    expect(slotTag('a{}c')).to.equal('{a{}c}')
  })
})
