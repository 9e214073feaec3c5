import { setText } from './dom.js'

const KEY = 'redis-object-rpc-theme'
const THEMES = ['auto', 'light', 'dark']

/**
 * Lets the viewer choose light, dark, or what the system says.
 * @param {HTMLButtonElement} button
 * @param {() => void} onChange
 */
export function showTheme(button, onChange) {
  let theme = stored()
  const apply = () => {
    if (theme === 'auto') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme
    setText(button, `Theme: ${theme}`)
    onChange()
  }
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto'
    store(theme)
    apply()
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange)
  apply()
}

function stored() {
  try {
    const theme = localStorage.getItem(KEY) ?? ''
    return THEMES.includes(theme) ? theme : 'auto'
  } catch {
    return 'auto'
  }
}

/** @param {string} theme */
function store(theme) {
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // It is forgotten with the page.
  }
}
