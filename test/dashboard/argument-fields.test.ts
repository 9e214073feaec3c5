import { type } from 'arktype'
import { expect } from 'chai'
import { z } from 'zod'
import { type ArgumentField, argumentsShape } from '../../lib/dashboard/argument-fields.ts'
import { boundedJson } from '../../lib/dashboard/bounded.ts'
import { methodShapes } from '../../lib/server/validation/json-schema.ts'
import type { MethodSchemas } from '../../lib/server/validation/validated-method.ts'

/** What a server tells of a method's arguments. */
const shapeOf = (args: unknown) => {
  const shapes = methodShapes(new Map([['method', { args } as MethodSchemas]]))
  return argumentsShape(shapes.method?.args)
}
const tuple = (...prefixItems: unknown[]) => ({
  type: 'array',
  prefixItems,
  items: false,
  minItems: prefixItems.length,
})
const kinds = (fields: readonly ArgumentField[] | undefined) => fields?.map(({ kind }) => kind)

describe('the fields of a form for arguments', () => {
  it('come from a tuple of zod', () => {
    const { type: line, fields } = shapeOf(
      z.tuple([
        z.string().min(1).max(9).meta({ title: 'Name', description: 'Who it is.' }),
        z.int().min(3).lt(9),
        z.boolean(),
        z.enum(['red', 'green']),
        z.object({ sku: z.string(), tags: z.array(z.string()).optional() }),
        z.number().default(4),
        z.boolean().optional(),
      ]),
    )
    expect(line).to.equal(
      '[string, integer, boolean, "red" | "green", { sku: string, tags?: string[] }, number, boolean]',
    )
    expect(fields).to.deep.equal([
      {
        label: 'Name',
        help: 'Who it is. String, at least 1 long, at most 9 long.',
        isRequired: true,
        kind: 'text',
        least: 1,
        most: 9,
      },
      {
        label: 'Argument 2',
        help: 'Integer, from 3, below 9.',
        isRequired: true,
        kind: 'integer',
        least: 3,
        below: 9,
      },
      { label: 'Argument 3', help: '', isRequired: true, kind: 'flag' },
      {
        label: 'Argument 4',
        help: '',
        isRequired: true,
        kind: 'choice',
        choices: ['"red"', '"green"'],
      },
      { label: 'Argument 5', help: '{ sku: string, tags?: string[] }.', isRequired: true, kind: 'object' },
      { label: 'Argument 6', help: 'Number. Left out, it is 4.', isRequired: false, kind: 'number' },
      {
        label: 'Argument 7',
        help: 'Can be left out.',
        isRequired: false,
        kind: 'choice',
        choices: ['true', 'false'],
      },
    ])
  })

  it('come from a tuple of arktype', () => {
    const { fields } = shapeOf(type(['number.integer', "'a'|'b'", 'string|null', 'string[]', 'string?']))
    expect(kinds(fields)).to.deep.equal(['integer', 'choice', 'json', 'array', 'text'])
    expect(fields?.map(({ isRequired }) => isRequired)).to.deep.equal([true, true, true, true, false])
  })

  it('have one for all further arguments', () => {
    expect(shapeOf(z.tuple([z.string()], z.number())).fields?.[1]).to.deep.equal({
      label: 'Further arguments',
      help: 'A JSON array, each of it: number. Can be left out.',
      isRequired: false,
      kind: 'rest',
      least: 0,
    })
    const older = { type: 'array', items: [{ type: 'string' }], additionalItems: { type: 'number' }, minItems: 3 }
    expect(argumentsShape(older).fields?.[1]).to.deep.include({ kind: 'rest', isRequired: true, least: 2 })
  })

  it('are none where a method takes no arguments', () => {
    for (const schema of [z.tuple([]), type([])]) expect(shapeOf(schema).fields).to.deep.equal([])
  })

  it('are not known where the schema does not describe arguments one by one', () => {
    expect(shapeOf(z.array(z.union([z.number(), z.string()])))).to.deep.equal({
      type: '(number | string)[]',
      fields: undefined,
    })
    expect(shapeOf(z.union([z.tuple([z.string()]), z.tuple([])]))).to.deep.equal({
      type: '[string] | []',
      fields: undefined,
    })
    for (const schema of [undefined, null, 7, [], 'array', {}, { type: 'string' }, { type: 'array' }])
      expect(argumentsShape(schema).fields, JSON.stringify(schema)).to.equal(undefined)
  })

  it('follow references, but not for ever', () => {
    interface Tree {
      readonly name: string
      readonly kids: readonly Tree[]
    }
    const Tree: z.ZodType<Tree> = z.object({ name: z.string(), kids: z.lazy(() => z.array(Tree)) })
    const { fields } = shapeOf(z.tuple([Tree]))
    expect(fields?.[0]).to.include({ kind: 'object' })
    expect(fields?.[0]?.help).to.equal('{ name: string, kids: { name: string, kids: …[] }[] }.')
    const endless = { ...tuple({ $ref: '#/$defs/a' }), $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }
    expect(kinds(argumentsShape(endless).fields)).to.deep.equal(['json'])
    expect(argumentsShape({ $ref: '#' }).fields).to.equal(undefined)
    for (const $ref of ['#/$defs/__proto__', '#/$defs/constructor', 'https://example.com/s.json', 7, { toString: 1 }])
      expect(kinds(argumentsShape({ ...tuple({ $ref }), $defs: {} }).fields)).to.deep.equal(['json'])
  })

  it('are few and short, whatever the schema is', () => {
    const long = 'x'.repeat(1_000_000)
    const many = Array.from({ length: 100_000 }, (_, index) => `value ${index}`)
    const wide = Object.fromEntries(many.map((name) => [name, { type: 'string' }]))
    let deep: object = { type: 'string' }
    for (let i = 0; i < 50_000; i++) deep = { type: 'array', items: deep }
    const shared = { type: 'object', properties: { a: deep, b: wide, [long]: {}, ['__proto__']: {} }, required: many }
    const { fields } = argumentsShape(
      tuple(
        { enum: many },
        { enum: [long] },
        { enum: [{ a: 1 }] },
        { type: 'string', title: long, description: long, pattern: long, format: long, default: long },
        { type: long },
        { type: many },
        { anyOf: Array(100_000).fill({ anyOf: Array(100_000).fill(shared) }) },
        { type: 'object', properties: wide },
        shared,
        deep,
        { type: 'number', minimum: 'x', maximum: Number.NaN, exclusiveMinimum: true, enum: 'no array' },
        { type: 'string', minLength: -1, maxLength: {}, title: { a: 1 }, description: ['<script>'] },
      ),
    )
    expect(kinds(fields)).to.deep.equal([
      ...['json', 'json', 'json', 'text', 'json', 'json', 'json', 'object', 'object', 'array', 'json', 'text'],
    ])
    expect(boundedJson(fields).length).to.be.lessThan(6_000)
    expect(fields?.[0]?.help).to.match(/in all\)\.$/)
    expect(argumentsShape(tuple(...many)).fields).to.equal(undefined)
    expect(argumentsShape(tuple(...many)).type.length).to.be.at.most(200)
  })
})
