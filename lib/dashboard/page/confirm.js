import { h } from './dom.js'

/**
 * Asks before something is changed.
 * @param {string} question
 * @param {string} action what the button says
 * @returns {Promise<boolean>} whether to go on
 */
export function confirmed(question, action) {
  return new Promise((resolve) => {
    const no = h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel')
    const yes = h('button', { type: 'button', class: 'primary danger', onclick: () => dialog.close('yes') }, action)
    const dialog = h(
      'dialog',
      { 'aria-labelledby': 'question' },
      h('p', { id: 'question' }, question),
      h('div', { class: 'buttons' }, no, yes),
    )
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue === 'yes')
    })
    document.body.append(dialog)
    dialog.showModal()
    no.focus()
  })
}
