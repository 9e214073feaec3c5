import { expect } from 'chai'
import { newTaskId, timeInTaskId } from '../../lib/ipc/queue/task-id.ts'

describe('the UUID of a task', () => {
  it('contains a time', () => {
    for (const at of [0, 1, 1_700_000_000_000, 2 ** 48 - 1]) {
      const id = newTaskId(at)
      expect(id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(timeInTaskId(id)).to.equal(at)
      expect(timeInTaskId(id.toUpperCase())).to.equal(at)
    }
    expect(timeInTaskId(newTaskId(2 ** 53 - 1))).to.equal(2 ** 48 - 1)
  })

  it('is another one each time', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => newTaskId(0)))).to.have.property('size', 10_000)
  })

  it('of another program contains none', () => {
    const changed = newTaskId(1).replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    for (const id of [
      '',
      'u',
      changed,
      '110ec58a-a0f2-4ac4-8393-c866d813b8d1',
      `${newTaskId(1)}0`,
      newTaskId(1).slice(1),
    ])
      expect(timeInTaskId(id), id).to.equal(undefined)
  })
})
