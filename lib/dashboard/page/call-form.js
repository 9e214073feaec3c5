import { callArguments } from './call-arguments.js'
import { fill, h, setText, toast } from './dom.js'
import * as format from './format.js'
import { change, read } from './server.js'

/**
 * @typedef {{ name: string, hasShape: boolean }} Method
 * @typedef {{ durationMs: number } & (
 *   { outcome: 'value', text: string }
 *   | { outcome: 'items', items: string[], hasMore: boolean }
 *   | { outcome: 'error', name: string, code?: string, message: string, stack?: string, isRemote: boolean, issues: import('./call-arguments.js').Issue[] }
 * )} Outcome
 */

/**
 * A form that calls a method and shows what it answers.
 * @param {string} service
 */
export function callForm(service) {
  const method = h('select', { id: 'call-method', required: true })
  const timeout = h('input', { id: 'call-timeout', type: 'number', min: 1, max: 60, value: 10, required: true })
  const button = h('button', { type: 'submit', class: 'primary' }, 'Call')
  const result = h('div', { class: 'result', role: 'status' })
  const args = callArguments()
  /** @type {Map<string, Method>} */
  let methods = new Map()
  /** Counts the methods that were chosen: what belongs to an earlier one comes too late. */
  let chosen = 0
  let loading = Promise.resolve()

  /** What the fields depend on. */
  const state = () => JSON.stringify(methods.get(method.value)?.hasShape && method.value)
  const load = async () => {
    const mine = ++chosen
    const known = methods.get(method.value)
    if (!known?.hasShape) return args.show(method.value, { type: '' })
    args.wait()
    const shape = await read('arguments', { name: service, method: known.name }).catch(() => ({ type: '' }))
    if (mine === chosen) args.show(known.name, shape)
  }
  method.addEventListener('change', () => {
    fill(result, [])
    loading = load()
  })

  const run = async () => {
    await loading
    const given = args.read()
    if (given === undefined) {
      fill(result, [h('p', { class: 'notice bad' }, 'The arguments are not right yet.')])
      args.focus()
      return
    }
    button.disabled = true
    fill(result, [h('p', { class: 'quiet-text' }, 'Waiting for the answer …')])
    const mine = chosen
    try {
      const timeoutMs = Math.round(Number(timeout.value) * 1_000)
      /** @type {Outcome} */
      const outcome = await change('call', { service, method: method.value, ...given, timeoutMs })
      fill(result, shownOutcome(outcome))
      if (outcome.outcome === 'error' && mine === chosen) args.refuse(outcome.issues)
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
    args.element,
    button,
  )
  return {
    element: h('div', {}, form, result),
    /** @param {readonly Method[]} all */
    update(all) {
      const before = [...methods.keys()]
      const seen = state()
      methods = new Map(all.map((each) => [each.name, each]))
      const names = [...methods.keys()]
      if (JSON.stringify(names) !== JSON.stringify(before)) {
        const name = method.value
        method.replaceChildren(...names.map((each) => h('option', { value: each }, each)))
        if (methods.has(name)) method.value = name
      }
      if (state() !== seen) loading = load()
    },
    /** @param {string} name */
    async choose(name) {
      const focused = document.activeElement
      method.value = name
      fill(result, [])
      loading = load()
      form.scrollIntoView({ block: 'center' })
      await loading
      const hasMoved = document.activeElement !== focused && document.activeElement !== document.body
      if (method.value === name && !hasMoved) args.focus()
    },
  }
}

/** @param {Outcome} outcome */
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
