/** What a contract says of both ends. Checked by the compiler; `test/types/types.test.ts` runs it. */
import { expectTypeOf } from 'expect-type'
import { type ContractCalled, type ContractServed, contract, type StandardSchema } from 'redis-object-rpc'

declare const sent: StandardSchema<[string, number?], [number, number]>
declare const result: StandardSchema<number, string>

const calc = contract('calc', {
  add: { args: sent, result, delivery: 'at-least-once' },
  'text.upper': { args: sent },
  ping: {},
})

type Served = ContractServed<typeof calc.methods>
type Called = ContractCalled<typeof calc.methods>

expectTypeOf<Served['add']>().toEqualTypeOf<(...args: [number, number]) => number | Promise<number>>()
expectTypeOf<Called['add']>().toEqualTypeOf<(...args: [string, number?]) => Promise<string>>()
expectTypeOf<Called['text']['upper']>().parameters.toEqualTypeOf<[string, number?]>()
expectTypeOf<Called['ping']>().toEqualTypeOf<(...args: unknown[]) => Promise<unknown>>()

const client = calc.client('redis://localhost')
expectTypeOf(client.add('1', 2)).resolves.toEqualTypeOf<string>()
expectTypeOf(client.text.upper('1')).resolves.toEqualTypeOf<unknown>()

// @ts-expect-error an argument of another type
client.add(1)
// @ts-expect-error no method of the contract
client.sub('1')
// @ts-expect-error a method is missing
calc.server('redis://localhost', { add: () => 1, ping: () => 1 })
// @ts-expect-error a result of another type
calc.server('redis://localhost', { add: () => 'x', text: { upper: () => 1 }, ping: () => 1 })
// @ts-expect-error no schema
contract('calc', { add: { args: 5 } })
// @ts-expect-error no such delivery
contract('calc', { add: { delivery: 'twice' } })
// @ts-expect-error what may be called is the contract's business
calc.server('redis://localhost', { add: () => 1, text: { upper: () => 1 }, ping: () => 1 }, { expose: ['add'] })
