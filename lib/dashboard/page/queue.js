import { confirmed } from './confirm.js'
import { h, Keyed, setText, toast } from './dom.js'
import * as format from './format.js'
import { followOn, heading, notice, tiles } from './parts.js'
import { change } from './server.js'
import { lateTone } from './table.js'

/** @typedef {{ id?: string, text: string, bytes: number, at?: number, reason?: string, attempts?: number }} Item */
/** @typedef {{ waiting: number, oldestMs?: number, delayed: number, inProgress: number, dead: number, items: { waiting: Item[], delayed: Item[], dead: Item[] } }} QueueView */

/** @param {import('./main.js').Shell} shell @param {string} name @returns {import('./main.js').Page} */
export function queuePage(shell, name) {
  const line = notice()
  const totals = tiles(['Waiting', 'Oldest waits', 'Delayed', 'In progress', 'Dead letters'])
  const canWrite = shell.canWrite()
  const dead = itemList('No dead letters.', canWrite ? (item) => letterActions(name, item) : undefined)
  const waiting = itemList('No task waits.')
  const delayed = itemList('No task is delayed.')
  const replayAll = action('Replay all', async () => {
    if (!(await confirmed(`Put all dead letters back to the queue ${name}?`, 'Replay all'))) return
    const { count } = await change('replay', { name, ids: 'all' })
    toast(`${format.plural(count, 'task')} put back to the queue`)
  })
  const drain = action('Remove waiting tasks', async () => {
    if (!(await confirmed(`Remove all tasks that wait in the queue ${name}? They are lost.`, 'Remove'))) return
    const { count } = await change('drain', { name })
    toast(`${format.plural(count, 'task')} removed`)
  })
  const end = followOn(shell, line, 'queue', { name }, (/** @type {QueueView} */ view) => {
    totals.update([
      { text: format.count(view.waiting) },
      { text: format.oldest(view), tone: lateTone(view) },
      { text: format.count(view.delayed) },
      { text: format.count(view.inProgress) },
      { text: format.count(view.dead), tone: view.dead > 0 ? 'bad' : '' },
    ])
    dead.update(view.items.dead, view.dead)
    waiting.update(view.items.waiting, view.waiting)
    delayed.update(view.items.delayed, view.delayed)
    replayAll.disabled = view.dead === 0
    drain.disabled = view.waiting === 0
  })
  const element = h(
    'div',
    {},
    heading(name, { back: ['#/queues', 'Queues'] }),
    line.element,
    totals.element,
    h('section', {}, h('div', { class: 'top' }, h('h2', {}, 'Dead letters'), canWrite && replayAll), dead.element),
    h('section', {}, h('div', { class: 'top' }, h('h2', {}, 'Waiting'), canWrite && drain), waiting.element),
    h('section', {}, h('h2', {}, 'Delayed'), delayed.element),
  )
  return { title: name, element, end }
}

/** @param {string} queue @param {Item} item */
function letterActions(queue, { id }) {
  if (id === undefined) return []
  const ids = [id]
  return [
    action('Replay', async () => {
      if (!(await confirmed('Put this task back to its queue?', 'Replay'))) return
      const { count } = await change('replay', { name: queue, ids })
      toast(
        count > 0 ? 'The task is in its queue again' : 'It holds no task, or somebody was faster',
        count > 0 ? 'good' : 'bad',
      )
    }),
    action('Delete', async () => {
      if (!(await confirmed('Delete this dead letter? It is lost.', 'Delete'))) return
      const { count } = await change('remove', { name: queue, ids })
      toast(count > 0 ? 'Deleted' : 'It is gone already', count > 0 ? 'good' : 'bad')
    }),
  ]
}

/**
 * A button; what it fails with is shown.
 * @param {string} label
 * @param {() => Promise<void>} run
 */
function action(label, run) {
  const button = h(
    'button',
    {
      type: 'button',
      onclick: () => {
        run().catch((error) => toast(error instanceof Error ? error.message : String(error), 'bad'))
      },
    },
    label,
  )
  return button
}

/** Tasks; each opens to its text. @param {string} empty @param {(item: Item) => Element[]} [actions] */
function itemList(empty, actions) {
  const list = h('ul', { class: 'failures' })
  const note = h('p', { class: 'quiet-text' }, empty)
  /** @type {Keyed<{ item: Item, key: string }>} */
  const keyed = new Keyed(list, ({ item }) => ({ element: itemOf(item, actions?.(item) ?? []), update: () => {} }))
  return {
    element: h('div', {}, list, note),
    /** @param {Item[]} items @param {number} total */
    update(items, total) {
      keyed.update(
        items.map((item, index) => ({ item, key: item.id ?? `${index} ${item.text}` })),
        ({ key }) => key,
      )
      const rest = total - items.length
      setText(note, items.length === 0 ? empty : rest > 0 ? `${format.plural(rest, 'more task')}.` : '')
    },
  }
}

/** @param {Item} item @param {Element[]} actions */
function itemOf({ text, bytes, at, reason, attempts }, actions) {
  return h(
    'li',
    {},
    h(
      'details',
      {},
      h(
        'summary',
        {},
        at !== undefined && h('time', {}, format.time(at)),
        reason !== undefined && h('span', { class: 'bad' }, reason.slice(0, 200)),
        attempts !== undefined && h('span', { class: 'quiet-text' }, format.plural(attempts, 'attempt')),
        h('code', { class: 'message' }, text.slice(0, 200)),
      ),
      h('pre', { tabindex: 0 }, text),
      text.length < bytes && h('p', { class: 'quiet-text' }, `The beginning of ${format.count(bytes)} bytes.`),
      actions.length > 0 && h('div', { class: 'buttons' }, ...actions),
    ),
  )
}
