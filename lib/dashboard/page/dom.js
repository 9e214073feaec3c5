// Builds the page. Whatever comes from Redis reaches it as text alone: nothing here parses HTML.

/** @typedef {string | number | Node | undefined | null | false} Child */

/**
 * An element. Properties are attributes, but for `class` and for listeners (`onclick`).
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number | boolean | undefined | ((event: Event) => void)>} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  fill(element, children)
  return element
}

/**
 * @param {Element} element
 * @param {Child[]} children
 */
export function fill(element, children) {
  const nodes = children.filter((child) => child !== undefined && child !== null && child !== false)
  element.replaceChildren(...nodes.map((child) => (child instanceof Node ? child : visible(String(child)))))
}

/**
 * Changes an element's text, if it has another one: so a selection in it survives.
 * @param {Element} element
 * @param {string | number} text
 */
export function setText(element, text) {
  const shown = visible(String(text))
  if (element.textContent !== shown) element.textContent = shown
}

/**
 * Control characters except tab and line feed, format characters (some change the direction of
 * text), other line breaks, and lone surrogates.
 */
const UNSEEN = /(?![\t\n])\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}/gu

/**
 * Shows what cannot be seen and may mislead.
 * @param {string} text
 */
export function visible(text) {
  return text.replace(UNSEEN, (character) => `\\u${character.codePointAt(0)?.toString(16).padStart(4, '0')}`)
}

/**
 * Lays out what belongs to items, and keeps the elements of those that stay: so focus and what is open stay, too.
 * @template T
 */
export class Keyed {
  /** @type {Map<string, { element: Element, update: (item: T) => void }>} */
  #shown = new Map()

  /**
   * @param {Element} parent
   * @param {(item: T) => { element: Element, update: (item: T) => void }} make
   */
  constructor(parent, make) {
    this.parent = parent
    this.make = make
  }

  /**
   * @param {readonly T[]} items
   * @param {(item: T) => string} keyOf
   */
  update(items, keyOf) {
    const before = this.#shown
    this.#shown = new Map()
    let place = this.parent.firstElementChild
    for (const item of items) {
      const key = keyOf(item)
      if (this.#shown.has(key)) continue
      const known = before.get(key) ?? this.make(item)
      before.delete(key)
      known.update(item)
      this.#shown.set(key, known)
      if (known.element === place) place = place.nextElementSibling
      else this.parent.insertBefore(known.element, place)
    }
    for (const { element } of before.values()) element.remove()
  }
}

/**
 * Tells of something in a corner of the page, and to screen readers.
 * @param {string} text
 * @param {'good' | 'bad'} [kind]
 */
export function toast(text, kind = 'good') {
  const element = h('p', { class: `toast ${kind}` }, text)
  const toasts = /** @type {HTMLElement} */ (document.getElementById('toasts'))
  toasts.append(element)
  while (toasts.childElementCount > 4) toasts.firstElementChild?.remove()
  setTimeout(() => element.remove(), 8_000)
}
