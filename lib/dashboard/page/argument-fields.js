import { argumentInput } from './argument-input.js'
import { h, setText } from './dom.js'

/**
 * One argument, as the server made it from the method's schema. See `ArgumentField` in `argument-fields.ts`.
 * @typedef {{ label: string, help: string, kind: 'text' | 'number' | 'integer' | 'flag' | 'choice' | 'object' | 'array' | 'json' | 'rest', isRequired: boolean, choices?: string[], least?: number, most?: number, above?: number, below?: number }} ArgumentField
 */

/** Arguments as a call takes them; JSON has no undefined, so those that are left out before others are listed. @typedef {{ args: unknown[], omitted: number[] }} Arguments */

/**
 * A labelled field for each argument of a method.
 * @param {ArgumentField[]} fields
 */
export function argumentFields(fields) {
  const shown = fields.map((field, index) => argumentField(field, `argument-${index}`))
  const first = () => shown.find(({ input }) => input.getAttribute('aria-invalid') === 'true') ?? shown[0]
  /** What was entered, as far as it is right. @returns {unknown[]} */
  const entered = () => collected(shown.flatMap(({ value }) => value() ?? [undefined])).args
  return {
    element: h(
      'fieldset',
      { class: 'wide arguments' },
      h('legend', {}, 'Arguments'),
      ...shown.map(({ element }) => element),
      shown.length === 0 && h('p', { class: 'quiet-text' }, 'The method takes none.'),
    ),
    /** Moves on to what is wrong, or else to the first field. */
    focus: () => first()?.input.focus(),
    /**
     * The values entered; undefined if one is invalid, which its field then shows.
     * @returns {Arguments | undefined}
     */
    read: () => {
      const values = shown.map((field) => field.check())
      if (values.includes(undefined)) return undefined
      return collected(values.flatMap((value) => value ?? []))
    },
    entered,
    /** @param {unknown[]} args @returns whether the fields say all of it now */
    fill: (args) => {
      for (const [index, { field, set }] of shown.entries()) {
        if (field.kind === 'rest') set(args.length > index ? args.slice(index) : undefined)
        else set(args[index])
      }
      const values = entered()
      return args.every((value, index) => JSON.stringify(value) === JSON.stringify(values[index] ?? null))
    },
    /** Says at the fields what the server did not take. @param {{ index: number, message: string }[]} issues */
    refuse: (issues) => {
      for (const { index, message } of issues) (shown[index] ?? shown.at(-1))?.say(message)
    },
  }
}

/** Leaves out what is left out at the end. @param {unknown[]} values @returns {Arguments} */
function collected(values) {
  const end = values.findLastIndex((value) => value !== undefined) + 1
  const args = values.slice(0, end)
  return { args, omitted: args.flatMap((value, index) => (value === undefined ? [index] : [])) }
}

/** @param {ArgumentField} field @param {string} id */
function argumentField(field, id) {
  const { input, read, set } = argumentInput(field, {
    id,
    'aria-describedby': `${id}-problem ${id}-help`,
    'aria-required': String(field.isRequired),
    autocomplete: 'off',
    spellcheck: 'false',
  })
  const problem = h('p', { id: `${id}-problem`, class: 'bad problem' })
  const say = (/** @type {string} */ text) => {
    input.setAttribute('aria-invalid', String(text !== ''))
    setText(problem, text)
  }
  /** The values it stands for; undefined when what was entered is wrong. @returns {unknown[] | undefined} */
  const value = () => {
    try {
      return read()
    } catch {
      return undefined
    }
  }
  const check = () => {
    try {
      const values = read()
      say('')
      return values
    } catch (error) {
      say(error instanceof Error ? error.message : String(error))
      return undefined
    }
  }
  // What is wrong is said when all is sent: a line that appears while somebody clicks would move the button away.
  input.addEventListener('input', () => {
    if (input.getAttribute('aria-invalid') === 'true' && value() !== undefined) say('')
  })
  const label = h(
    'label',
    { for: id },
    field.label,
    !field.isRequired && h('span', { class: 'optional' }, ' (optional)'),
  )
  const help = h('p', { id: `${id}-help`, class: 'quiet-text help' }, field.help)
  const isFlag = field.kind === 'flag'
  const element = h(
    'div',
    { class: isFlag ? 'field flag' : 'field' },
    ...(isFlag ? [input, label] : [label, input]),
    problem,
    help,
  )
  return { element, field, input, check, value, say, set }
}
