import { h } from './dom.js'

/** @typedef {import('./argument-fields.js').ArgumentField} ArgumentField */

/**
 * Where one argument is entered. `read` gives what it stands for: one value, of which undefined is left out; of further arguments all of them.
 * It throws what is wrong, in words for the viewer.
 * @typedef {{ input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, read: () => unknown[], set: (value: unknown) => void }} ArgumentInput
 */

/** @param {ArgumentField} field @param {Record<string, string>} attributes @returns {ArgumentInput} */
export function argumentInput(field, attributes) {
  switch (field.kind) {
    case 'flag':
      return flagInput(attributes)
    case 'choice':
      return choiceInput(field, attributes)
    case 'text':
      return lineInput(attributes, (text) => [textOf(text, field)])
    case 'number':
    case 'integer':
      return lineInput({ ...attributes, inputmode: 'decimal' }, (text) => [numberOf(text, field)])
    default:
      return jsonInput(field, attributes)
  }
}

/** @param {Record<string, string>} attributes @returns {ArgumentInput} */
function flagInput(attributes) {
  const input = h('input', { ...attributes, type: 'checkbox' })
  return {
    input,
    read: () => [input.checked],
    set: (value) => {
      input.checked = value === true
    },
  }
}

/** @param {ArgumentField} field @param {Record<string, string>} attributes @returns {ArgumentInput} */
function choiceInput({ choices = [], isRequired }, attributes) {
  const none = isRequired ? 'Choose …' : 'Left out'
  const isGiven = isRequired && choices.length === 1
  const options = choices.map((json) => option(json, shownChoice(json)))
  const input = h('select', attributes, ...(isGiven ? [] : [option('', none)]), ...options)
  return {
    input,
    read: () => {
      if (input.value !== '') return [JSON.parse(input.value)]
      if (isRequired) throw new Error('Choose one.')
      return [undefined]
    },
    set: (value) => {
      const json = JSON.stringify(value) ?? ''
      input.value = choices.includes(json) ? json : isGiven ? (choices[0] ?? '') : ''
    },
  }
}

/** @param {string} value @param {string} text */
function option(value, text) {
  return h('option', { value }, text)
}

/** Texts without quotes, unless they would look like something else then. @param {string} json */
function shownChoice(json) {
  const value = JSON.parse(json)
  return typeof value === 'string' && /^[\p{L}_][^"]*$/u.test(value) && !/^(true|false|null)$/.test(value)
    ? value
    : json
}

/**
 * @param {Record<string, string>} attributes
 * @param {(text: string) => unknown[]} read
 * @returns {ArgumentInput}
 */
function lineInput(attributes, read) {
  const input = h('input', { ...attributes, type: 'text' })
  return {
    input,
    read: () => read(input.value),
    set: (value) => {
      input.value = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
    },
  }
}

/** @param {string} text @param {ArgumentField} field */
function textOf(text, { isRequired, least = 0, most = Number.POSITIVE_INFINITY }) {
  if (text === '' && !isRequired) return undefined
  if (text === '' && least > 0) throw new Error('This is needed.')
  if (text.length < least) throw new Error(`At least ${least} characters are needed.`)
  if (text.length > most) throw new Error(`No more than ${most} characters are allowed.`)
  return text
}

/** @param {string} text @param {ArgumentField} field */
function numberOf(text, { kind, isRequired, least, most, above, below }) {
  const trimmed = text.trim()
  if (trimmed === '' && !isRequired) return undefined
  if (trimmed === '') throw new Error('A number is needed.')
  const number = Number(trimmed)
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) || !Number.isFinite(number))
    throw new Error('This is not a number.')
  if (kind === 'integer' && !Number.isSafeInteger(number)) throw new Error('This is not a whole number.')
  if (least !== undefined && number < least) throw new Error(`It must be ${least} or more.`)
  if (most !== undefined && number > most) throw new Error(`It must be ${most} or less.`)
  if (above !== undefined && number <= above) throw new Error(`It must be more than ${above}.`)
  if (below !== undefined && number >= below) throw new Error(`It must be less than ${below}.`)
  return number
}

/** @param {ArgumentField} field @param {Record<string, string>} attributes @returns {ArgumentInput} */
function jsonInput(field, attributes) {
  const input = h('textarea', { ...attributes, rows: 2 })
  return {
    input,
    read: () => {
      const isRest = field.kind === 'rest'
      const value = jsonOf(input.value, field)
      return isRest ? /** @type {unknown[]} */ (value ?? []) : [value]
    },
    set: (value) => {
      input.value = value === undefined ? '' : JSON.stringify(value)
    },
  }
}

/** @param {string} text @param {ArgumentField} field */
function jsonOf(text, { kind, isRequired, least = 0 }) {
  if (text.trim() === '' && !isRequired) return undefined
  if (text.trim() === '') throw new Error('JSON is needed.')
  const value = parsed(text)
  const isList = kind === 'array' || kind === 'rest'
  if (isList && !Array.isArray(value)) throw new Error('This is not a JSON array.')
  if (kind === 'object' && (typeof value !== 'object' || value === null || Array.isArray(value)))
    throw new Error('This is not a JSON object.')
  if (kind === 'rest' && value.length < least) throw new Error(`At least ${least} are needed.`)
  return value
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('This is not JSON: a text has "quotes".')
  }
}
