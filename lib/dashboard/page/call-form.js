import { fill, h, setText, toast } from './dom.js'
import * as format from './format.js'
import { change } from './server.js'

/** @typedef {{ name: string }} Method */

/**
 * A form that calls a method and shows what it answers.
 * @param {string} service
 */
export function callForm(service) {
  const method = h('select', { id: 'call-method', required: true })
  const args = h(
    'textarea',
    { id: 'call-args', rows: 4, spellcheck: 'false', autocomplete: 'off', 'aria-describedby': 'call-args-hint' },
    '[]',
  )
  const timeout = h('input', { id: 'call-timeout', type: 'number', min: 1, max: 60, value: 10, required: true })
  const button = h('button', { type: 'submit', class: 'primary' }, 'Call')
  const result = h('div', { class: 'result', role: 'status' })
  const hint = h('p', { id: 'call-args-hint', class: 'quiet-text' }, 'A JSON array: [1, "two", { "three": 3 }]')
  let shown = ''

  const run = async () => {
    const parsed = parse(args.value)
    args.setAttribute('aria-invalid', String(parsed === undefined))
    if (parsed === undefined) {
      fill(result, [h('p', { class: 'notice bad' }, 'The arguments are not a JSON array.')])
      args.focus()
      return
    }
    button.disabled = true
    fill(result, [h('p', { class: 'quiet-text' }, 'Waiting for the answer …')])
    try {
      const fields = {
        service,
        method: method.value,
        args: parsed,
        timeoutMs: Math.round(Number(timeout.value) * 1_000),
      }
      fill(result, shownOutcome(await change('call', fields)))
    } catch (error) {
      fill(result, [])
      toast(error instanceof Error ? error.message : String(error), 'bad')
    }
    button.disabled = false
  }

  const form = h(
    'form',
    {
      class: 'call',
      onsubmit: (event) => {
        event.preventDefault()
        void run()
      },
    },
    h('div', { class: 'field' }, h('label', { for: 'call-method' }, 'Method'), method),
    h('div', { class: 'field' }, h('label', { for: 'call-timeout' }, 'Time-out, s'), timeout),
    h('div', { class: 'field wide' }, h('label', { for: 'call-args' }, 'Arguments'), args, hint),
    button,
  )
  return {
    element: h('div', {}, form, result),
    /** @param {readonly Method[]} methods */
    update(methods) {
      const names = methods.map(({ name }) => name)
      if (JSON.stringify(names) === shown) return
      shown = JSON.stringify(names)
      const chosen = method.value
      method.replaceChildren(
        ...names.map((name) => {
          const option = h('option', {}, name)
          option.value = name
          return option
        }),
      )
      if (names.includes(chosen)) method.value = chosen
    },
    /** @param {string} name */
    choose(name) {
      method.value = name
      form.scrollIntoView({ block: 'center' })
      args.focus()
      args.select()
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

/** @param {any} outcome */
function shownOutcome(outcome) {
  const took = format.duration(outcome.durationMs)
  if (outcome.outcome === 'value') return [h('p', { class: 'good' }, `Answered in ${took}`), output(outcome.text)]
  if (outcome.outcome === 'items') {
    const items = format.plural(outcome.items.length, 'item')
    const text = outcome.hasMore ? `The first ${items} of a stream, in ${took}` : `A stream of ${items}, in ${took}`
    return [h('p', { class: 'good' }, text), output(outcome.items.join('\n'))]
  }
  const where = outcome.isRemote ? 'The method failed' : 'The call failed'
  const code = outcome.code ? ` (${outcome.code})` : ''
  return [
    h('p', { class: 'bad' }, `${where} after ${took}: ${outcome.name}${code}: ${outcome.message}`),
    outcome.stack && output(outcome.stack),
  ]
}

/** @param {string} text */
function output(text) {
  const element = h('pre', { tabindex: 0 })
  setText(element, text)
  return element
}
