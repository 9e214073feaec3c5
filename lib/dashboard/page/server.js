// Talks to the handler that served this page. Everything it asks for lies beside the page.

/** @type {{ write: boolean, token?: string }} */
let session = { write: false }

/** Whether this page may change something. */
export const mayWrite = () => session.write

export async function openSession() {
  session = await answerOf(await fetch('api/session'))
  return session
}

/**
 * Changes something.
 * @param {string} action
 * @param {object} fields
 */
export async function change(action, fields) {
  const headers = { 'content-type': 'application/json', 'x-csrf-token': session.token ?? '' }
  return answerOf(await fetch(`api/do/${action}`, { method: 'POST', headers, body: JSON.stringify(fields) }))
}

/**
 * Reads a view once.
 * @param {string} view
 * @param {Record<string, string>} parameters
 */
export async function read(view, parameters) {
  return answerOf(await fetch(`api/view/${view}?${new URLSearchParams(parameters)}`))
}

/** @param {Response} response */
async function answerOf(response) {
  const answer = await response.json().catch(() => ({ error: `status ${response.status}` }))
  if (!response.ok) throw new Error(answer.error)
  return answer
}

/**
 * @template V
 * @typedef {{ onView: (view: V) => void, onFailed: (message: string) => void, onState: (state: 'live' | 'waiting' | 'lost') => void }} Follower
 */

/** How long to wait until a stream that was refused is asked for again, in ms. */
const AGAIN_MS = 5_000

/**
 * Follows a view: it comes now, and again whenever it was read. @returns how to end that
 * @template V what the view shows
 * @param {string} view
 * @param {Record<string, string>} parameters
 * @param {Follower<V>} follower
 */
export function follow(view, parameters, follower) {
  const query = new URLSearchParams(parameters)
  /** @type {EventSource | undefined} */
  let source
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  let isOver = false

  const open = () => {
    source = new EventSource(`api/live/${view}?${query}`)
    source.addEventListener('view', (event) => {
      follower.onState('live')
      follower.onView(JSON.parse(event.data))
    })
    source.addEventListener('failed', (event) => {
      follower.onState('live')
      follower.onFailed(JSON.parse(event.data).error)
    })
    source.onerror = () => {
      follower.onState('lost')
      // A stream that broke is opened again by the browser; one that was refused is not.
      if (source?.readyState === EventSource.CLOSED) void refused()
    }
  }
  const refused = async () => {
    try {
      const response = await fetch(`api/view/${view}?${query}`)
      const answer = await answerOf(response)
      if (!isOver) follower.onView(answer)
    } catch (error) {
      if (!isOver) follower.onFailed(error instanceof Error ? error.message : String(error))
    }
    if (!isOver) timer = setTimeout(open, AGAIN_MS)
  }
  const end = () => {
    isOver = true
    source?.close()
    clearTimeout(timer)
  }
  open()
  return end
}
