import { fill, h, setText } from './dom.js'
import { follow } from './server.js'

/** @typedef {import('./main.js').Shell} Shell */

/**
 * The head of a page: the title and a link back.
 * @param {string} title
 * @param {{ back?: [string, string], about?: string }} [options]
 */
export function heading(title, { back, about } = {}) {
  return h(
    'div',
    { class: 'heading' },
    back && h('a', { href: back[0], class: 'back' }, `← ${back[1]}`),
    h('h1', { tabindex: -1 }, title),
    about && h('p', { class: 'quiet-text' }, about),
  )
}

/** Figures side by side: a label and a value each. @param {string[]} labels */
export function tiles(labels) {
  const values = labels.map(() => h('dd', {}, '–'))
  const element = h(
    'dl',
    { class: 'tiles' },
    ...labels.map((label, index) => h('div', { class: 'tile' }, h('dt', {}, label), values[index])),
  )
  /** @param {{ text: string | number, tone?: string }[]} shown */
  const update = (shown) => {
    for (const [index, { text, tone = '' }] of shown.entries()) {
      const value = values[index]
      if (!value) continue
      setText(value, text)
      if (value.className !== tone) value.className = tone
    }
  }
  return { element, update }
}

/** A place for one line about the state of the page; empty where there is nothing to say. */
export function notice() {
  const element = h('div', { class: 'notices', role: 'status' })
  let last = ''
  /** @param {string} text @param {string} [kind] */
  const say = (text, kind = '') => {
    if (text === last) return
    last = text
    fill(element, text === '' ? [] : [h('p', { class: `notice ${kind}` }, text)])
  }
  return { element, say }
}

/**
 * Follows a view on behalf of a page, and says so when that fails.
 * @template V what the view shows
 * @param {Shell} shell
 * @param {ReturnType<typeof notice>} line
 * @param {string} view
 * @param {Record<string, string>} parameters
 * @param {(view: V) => void} show
 */
export function followOn(shell, line, view, parameters, show) {
  return follow(view, parameters, {
    onState: shell.setLive,
    onFailed: (message) => line.say(message, 'bad'),
    onView: (seen) => {
      line.say('')
      show(seen)
    },
  })
}

/**
 * A search field that reports its text a moment after typing.
 * @param {string} label
 * @param {string} value
 * @param {(text: string) => void} onText
 */
export function searchField(label, value, onText) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  const input = h('input', {
    type: 'search',
    placeholder: label,
    'aria-label': label,
    value,
    maxlength: 200,
    autocomplete: 'off',
  })
  input.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(() => onText(input.value.trim()), 250)
  })
  return input
}

/** Shows a message in the place of an empty list. @param {string} text @param {string} [hint] */
export function emptyState(text, hint) {
  return h('div', { class: 'empty' }, h('p', {}, text), hint && h('pre', {}, hint))
}

/** The address of a page for one thing. @param {string} path @param {string} name */
export function linkTo(path, name) {
  return `#/${path}/${encodeURIComponent(name)}`
}
