import { h, setText } from './dom.js'

/** @typedef {import('./history.js').Point} Point */
/** @typedef {{ label: string, color: string, value: (point: Point) => number | null, text: (value: number | null) => string }} Line */

/** At least this much time is shown, in s. */
const SHORTEST = 60

/**
 * The current value of a CSS variable. A canvas does not understand `light-dark()`, so the value is
 * read as the colour of an element.
 * @param {string} name
 * @param {number} [opacity]
 */
function color(name, opacity = 1) {
  const probe = document.createElement('i')
  probe.style.color = `var(${name})`
  document.body.append(probe)
  const [red, green, blue] = getComputedStyle(probe).color.match(/[\d.]+/g) ?? []
  probe.remove()
  return `rgb(${red} ${green} ${blue} / ${opacity})`
}

/** A chart of points in time. What it shows now is in its legend, as text. */
export class Chart {
  /** @type {Line[]} */
  #lines
  /** @type {HTMLElement} */
  #plot
  /** @type {HTMLElement[]} */
  #values
  /** @type {uPlot | undefined} */
  #chart
  /** @type {readonly Point[]} */
  #points = []
  #resized = new ResizeObserver(() => this.#resize())

  /** @param {{ title: string, lines: Line[] }} options */
  constructor({ title, lines }) {
    this.#lines = lines
    this.#plot = h('div', { class: 'plot', 'aria-hidden': 'true' })
    this.#values = lines.map(() => h('b'))
    const legend = lines.map(({ label, color: line }, index) =>
      h('span', { class: `key ${line}` }, `${label} `, this.#values[index]),
    )
    this.element = h('figure', { class: 'chart' }, h('figcaption', {}, h('span', {}, title), ...legend), this.#plot)
    this.#resized.observe(this.#plot)
  }

  /** @param {readonly Point[]} points */
  update(points) {
    this.#points = points
    this.#show(points.length - 1)
    if (this.#chart) this.#chart.setData(this.#data())
    else this.#draw()
  }

  /** Draws it in the colours that are in force now. */
  redraw() {
    this.#chart?.destroy()
    this.#chart = undefined
    this.#draw()
  }

  remove() {
    this.#resized.disconnect()
    this.#chart?.destroy()
  }

  #draw() {
    const width = this.#plot.clientWidth
    if (width === 0) return
    const axis = { stroke: color('--quiet'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } }
    const font = '11px system-ui, sans-serif'
    const options = {
      width,
      height: 150,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 6 } },
      scales: {
        x: {
          range: (/** @type {uPlot} */ _, /** @type {number} */ from, /** @type {number} */ to) => [
            Math.min(from, to - SHORTEST),
            to,
          ],
        },
        y: {
          range: (/** @type {uPlot} */ _, /** @type {number} */ __, /** @type {number} */ to) => [
            0,
            to > 0 ? to * 1.15 : 1,
          ],
        },
      },
      axes: [
        {
          ...axis,
          font,
          size: 26,
          space: 76,
          values: (/** @type {uPlot} */ _, /** @type {number[]} */ splits) => splits.map(clock),
        },
        { ...axis, font, size: 48 },
      ],
      series: [
        {},
        ...this.#lines.map(({ label, color: line }) => ({
          label,
          stroke: color(`--${line}`),
          fill: color(`--${line}`, 0.11),
          width: 1.75,
          spanGaps: true,
          points: { show: false },
        })),
      ],
      hooks: {
        setCursor: [(/** @type {uPlot} */ chart) => this.#show(chart.cursor.idx ?? this.#points.length - 1)],
      },
    }
    this.#chart = new uPlot(options, this.#data(), this.#plot)
  }

  #data() {
    return [this.#points.map(({ at }) => at), ...this.#lines.map(({ value }) => this.#points.map(value))]
  }

  #resize() {
    if (!this.#chart) this.#draw()
    else this.#chart.setSize({ width: this.#plot.clientWidth, height: 150 })
  }

  /** @param {number} index */
  #show(index) {
    const point = this.#points[index]
    for (const [line, { value, text }] of this.#lines.entries()) {
      const element = this.#values[line]
      if (element) setText(element, text(point ? value(point) : null))
    }
  }
}

/** @param {number} seconds */
function clock(seconds) {
  return new Date(seconds * 1_000).toLocaleTimeString('en-GB')
}

/** A line without axes, for a row of a table. */
export class Sparkline {
  #path
  #last = ''

  constructor() {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    svg.setAttribute('viewBox', '0 0 80 20')
    svg.setAttribute('class', 'spark')
    svg.setAttribute('aria-hidden', 'true')
    this.#path = document.createElementNS('http://www.w3.org/2000/svg', 'polyline')
    svg.append(this.#path)
    this.element = svg
  }

  /** @param {readonly (number | null)[]} values */
  update(values) {
    const shown = values.slice(-40).map((value) => value ?? 0)
    const highest = Math.max(...shown, 0.001)
    const first = 40 - shown.length
    const points = shown.map((value, index) => `${(first + index) * 2},${(18.5 - (value / highest) * 17).toFixed(1)}`)
    const text = points.join(' ')
    if (text !== this.#last) this.#path.setAttribute('points', text)
    this.#last = text
  }
}
