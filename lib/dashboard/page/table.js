import { h, Keyed, setText } from './dom.js'
import * as format from './format.js'

/**
 * One column. Its cells have a text, or an element that is made once and updated.
 * @template T
 * @typedef {{
 *   title: string,
 *   numeric?: boolean,
 *   text?: (item: T) => string | number,
 *   make?: (item: T) => { element: Element, update: (item: T) => void },
 *   sort?: (item: T) => number | string,
 *   tone?: (item: T) => string,
 *   rowHeader?: boolean,
 *   hint?: string,
 * }} Column
 */

/**
 * A table whose rows stay the same elements while what they show changes.
 * @template T
 */
export class Table {
  /** @type {Column<T>[]} */
  #columns
  /** @type {(item: T) => string} */
  #keyOf
  /** @type {Keyed<T>} */
  #rows
  /** @type {readonly T[]} */
  #items = []
  /** @type {{ column: Column<T>, isDown: boolean } | undefined} */
  #order
  /** @type {Map<Column<T>, HTMLTableCellElement>} */
  #heads = new Map()

  /** @param {{ caption: string, columns: Column<T>[], keyOf: (item: T) => string }} options */
  constructor({ caption, columns, keyOf }) {
    this.#columns = columns
    this.#keyOf = keyOf
    const body = h('tbody')
    this.#rows = new Keyed(body, (item) => this.#row(item))
    const head = h('tr', {}, ...columns.map((column) => this.#head(column)))
    const table = h('table', {}, h('caption', { class: 'hidden' }, caption), h('thead', {}, head), body)
    // What can be scrolled must be reached by keyboard.
    this.element = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption }, table)
  }

  /** @param {readonly T[]} items */
  update(items) {
    this.#items = items
    this.#rows.update(this.#sorted(), this.#keyOf)
  }

  /** @param {Column<T>} column */
  #head(column) {
    const { title, numeric, sort, hint } = column
    const label = sort
      ? h('button', { type: 'button', class: 'sort', title: hint, onclick: () => this.#sortBy(column) }, title)
      : h('span', { title: hint }, title)
    const head = h('th', { scope: 'col', class: numeric ? 'number' : '' }, label)
    this.#heads.set(column, head)
    return head
  }

  /** @param {Column<T>} column */
  #sortBy(column) {
    const wasDown = this.#order?.column === column ? this.#order.isDown : !column.numeric
    this.#order = { column, isDown: !wasDown }
    for (const [each, head] of this.#heads) {
      if (each === column) head.setAttribute('aria-sort', wasDown ? 'ascending' : 'descending')
      else head.removeAttribute('aria-sort')
    }
    this.update(this.#items)
  }

  #sorted() {
    const { column, isDown } = this.#order ?? {}
    const value = column?.sort
    if (!value) return this.#items
    const direction = isDown ? -1 : 1
    return [...this.#items].sort((one, other) => {
      const [a, b] = [value(one), value(other)]
      return a === b ? 0 : (a < b ? -1 : 1) * direction
    })
  }

  /** @param {T} item */
  #row(item) {
    const cells = this.#columns.map((column) => {
      const made = column.make?.(item)
      const tag = column.rowHeader ? 'th' : 'td'
      const cell = h(tag, column.rowHeader ? { scope: 'row' } : {}, made?.element)
      const kind = column.numeric ? 'number' : ''
      /** @param {T} now */
      const update = (now) => {
        const tone = column.tone?.(now) ?? ''
        const classes = `${kind} ${tone}`.trim()
        if (cell.className !== classes) cell.className = classes
        if (made) made.update(now)
        else setText(cell, column.text?.(now) ?? '')
      }
      return { cell, update }
    })
    const element = h('tr', {}, ...cells.map(({ cell }) => cell))
    /** @param {T} now */
    const update = (now) => {
      for (const cell of cells) cell.update(now)
    }
    return { element, update }
  }
}

/**
 * A column's cell that leads somewhere.
 * @template {{ name: string }} T
 * @param {(item: T) => string} target
 * @returns {(item: T) => { element: Element, update: () => void }}
 */
export function linkCell(target) {
  return (item) => ({ element: h('a', { href: target(item), class: 'name' }, item.name), update: () => {} })
}

/**
 * A column of counts.
 * @template T
 * @param {string} title
 * @param {(item: T) => number | undefined} of
 * @param {{ hint?: string, isBad?: (count: number) => boolean }} [options]
 * @returns {Column<T>}
 */
export function countColumn(title, of, { hint, isBad } = {}) {
  return {
    title,
    numeric: true,
    text: (item) => format.count(of(item)),
    sort: (item) => of(item) ?? -1,
    ...(hint && { hint }),
    ...(isBad && { tone: (item) => (isBad(of(item) ?? 0) ? 'bad' : '') }),
  }
}

/** How long something waits before it is late, in ms. */
const LATE_MS = 5_000

/** @param {{ oldestMs?: number }} backlog */
export function lateTone({ oldestMs = 0 }) {
  return oldestMs > LATE_MS ? 'warn' : ''
}

/**
 * For how long the first of some things that wait has waited.
 * @template {{ waiting: number, oldestMs?: number }} T
 * @param {string} hint
 * @returns {Column<T>}
 */
export function oldestColumn(hint) {
  return {
    title: 'Oldest',
    numeric: true,
    hint,
    text: format.oldest,
    sort: ({ oldestMs }) => oldestMs ?? -1,
    tone: lateTone,
  }
}

/**
 * How many errors there were.
 * @template T
 * @param {(item: T) => number | undefined} of
 * @returns {Column<T>}
 */
export function errorsColumn(of) {
  return countColumn('Errors', of, { isBad: (count) => count > 0 })
}
