import { argumentFields } from './argument-fields.js'
import { fill, h, setText } from './dom.js'

/**
 * @typedef {import('./argument-fields.js').ArgumentField} ArgumentField
 * @typedef {{ index: number, message: string }} Issue why the server did not take an argument
 */

/**
 * The part of the form for the arguments: a field for each if the schema of the method describes
 * them, or one field for all as JSON.
 */
export function callArguments() {
  const text = h(
    'textarea',
    {
      id: 'call-args',
      rows: 4,
      spellcheck: 'false',
      autocomplete: 'off',
      'aria-describedby': 'call-args-problem call-args-hint',
    },
    '[]',
  )
  const problem = h('p', { id: 'call-args-problem', class: 'bad problem' })
  const hint = h('p', { id: 'call-args-hint', class: 'quiet-text help' })
  const json = h('div', { class: 'field wide' }, h('label', { for: 'call-args' }, 'Arguments'), text, problem, hint)
  const place = h('div', { class: 'wide' })
  const asJson = h('input', { id: 'call-as-json', type: 'checkbox' })
  const toggle = h('div', { class: 'field flag wide' }, asJson, h('label', { for: 'call-as-json' }, 'As JSON'))
  /** @type {ReturnType<typeof argumentFields> | undefined} */
  let fields
  let shown = ''

  const say = (/** @type {string} */ what) => {
    text.setAttribute('aria-invalid', String(what !== ''))
    setText(problem, what)
  }
  const layOut = () => {
    toggle.hidden = !fields
    place.hidden = !fields || asJson.checked
    json.hidden = !place.hidden
  }
  asJson.addEventListener('change', () => {
    say('')
    if (!fields) return
    if (asJson.checked) text.value = JSON.stringify(fields.entered())
    else {
      const args = parse(text.value)
      asJson.checked = !args || !fields.fill(args)
      if (asJson.checked) say('The fields cannot show this.')
    }
    layOut()
  })
  layOut()

  const element = h('div', { class: 'wide' }, place, json, toggle)
  return {
    element,
    /** While it is not known which fields there are. */
    wait() {
      element.inert = true
      element.setAttribute('aria-busy', 'true')
    },
    /**
     * Keeps what was entered if the method is still the same.
     * @param {string} method
     * @param {{ type: string, fields?: ArgumentField[] }} shape
     */
    show(method, shape) {
      element.inert = false
      element.removeAttribute('aria-busy')
      const key = JSON.stringify([method, shape])
      if (key === shown) return
      shown = key
      fields = shape.fields && argumentFields(shape.fields)
      fill(place, [fields?.element])
      text.value = '[]'
      asJson.checked = false
      say('')
      setText(hint, `A JSON array: ${shape.type || '[1, "two", { "three": 3 }]'}`)
      layOut()
    },
    /** What was entered; undefined when it is wrong, which is said where it is. */
    read() {
      if (fields && !asJson.checked) return fields.read()
      const args = parse(text.value)
      say(args ? '' : 'This is not a JSON array.')
      return args && { args, omitted: [] }
    },
    focus() {
      if (fields && !asJson.checked) fields.focus()
      else {
        text.focus()
        text.select()
      }
    },
    /** @param {Issue[]} issues */
    refuse(issues) {
      if (issues.length === 0) return
      if (fields && !asJson.checked) fields.refuse(issues)
      else say(issues.map(({ index, message }) => `Argument ${index + 1}: ${message}`).join('\n'))
      this.focus()
    },
  }
}

/** @param {string} text @returns {unknown[] | undefined} */
function parse(text) {
  try {
    const value = JSON.parse(text.trim() || '[]')
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
