import type { Workload } from '../workload.ts'

const made = Array.from({ length: 4099 }, (_, n) => ({
  id: n,
  name: `Customer ${n}`,
  email: `customer-${n}@example.com`,
  active: n % 2 === 0,
  balance: n / 4,
  tags: ['new', `segment-${n % 7}`],
}))

type Customer = (typeof made)[number]

export const smallObject: Workload = {
  name: 'small-object',
  about: 'an object of six fields there and back',
  contenders: ['cb', 'ours'],
  inFlight: [100],
  payload: (n) => made[n % made.length],
  // Field by field: a general deep comparison would cost more than the call.
  isAnswer(sent, got) {
    const [a, b] = [sent as Customer, got as Customer]
    return (
      a.id === b.id &&
      a.name === b.name &&
      a.email === b.email &&
      a.active === b.active &&
      a.balance === b.balance &&
      a.tags.length === b.tags.length &&
      a.tags.every((tag, index) => tag === b.tags[index])
    )
  },
}
