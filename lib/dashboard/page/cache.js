import { confirmed } from './confirm.js'
import { fill, h, toast } from './dom.js'
import * as format from './format.js'
import { heading } from './parts.js'
import { change, read } from './server.js'

/** One entry of a cache, looked up by its name. @param {import('./main.js').Shell} shell @param {string} name @returns {import('./main.js').Page} */
export function cachePage(shell, name) {
  const field = h('input', { id: 'cache-field', required: true, maxlength: 1_024, autocomplete: 'off' })
  const result = h('div', { class: 'result', role: 'status' })
  const look = async () => {
    try {
      const { entry } = await read('entry', { name, field: field.value })
      fill(result, entry ? shown(entry) : [h('p', { class: 'quiet-text' }, 'There is no such entry.')])
    } catch (error) {
      fill(result, [h('p', { class: 'notice bad' }, error instanceof Error ? error.message : String(error))])
    }
  }
  /** @param {{ text: string, bytes: number, ttlMs?: number }} entry */
  const shown = ({ text, bytes, ttlMs }) => {
    const key = field.value
    const remove = async () => {
      if (!(await confirmed(`Delete the entry ${key} of ${name}?`, 'Delete'))) return
      const { deleted } = await change('cache-delete', { name, field: key })
      toast(deleted ? 'Deleted' : 'It is gone already', deleted ? 'good' : 'bad')
      await look()
    }
    const onclick = () => {
      remove().catch((error) => toast(error instanceof Error ? error.message : String(error), 'bad'))
    }
    return [
      h('p', {}, ttlMs === undefined ? 'It stays until it is deleted.' : `It stays for ${format.age(ttlMs)}.`),
      h('pre', { tabindex: 0 }, text),
      text.length < bytes && h('p', { class: 'quiet-text' }, `The beginning of ${format.count(bytes)} bytes.`),
      shell.canWrite() && h('button', { type: 'button', onclick }, 'Delete'),
    ]
  }
  const form = h(
    'form',
    {
      class: 'call',
      onsubmit: (event) => {
        event.preventDefault()
        void look()
      },
    },
    h('div', { class: 'field wide' }, h('label', { for: 'cache-field' }, 'Entry'), field),
    h('button', { type: 'submit', class: 'primary' }, 'Look up'),
  )
  shell.setLive('live')
  return {
    title: name,
    element: h('div', {}, heading(name, { back: ['#/caches', 'Caches'] }), form, result),
    end: () => {},
  }
}
