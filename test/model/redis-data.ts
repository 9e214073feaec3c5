/** What Redis holds, all at once. */
import { at, CALLS, COPIES, ENTRY, Entry, HELLO, IDS, INBOX, PROCESSES, RETURNED, type State } from './state.ts'

export function empty(state: State): void {
  for (let call = 0; call < CALLS; call += 1) {
    state[at(call, COPIES)] = 0
    state[at(call, RETURNED)] = 0
    state[at(call, INBOX)] = 0
  }
  for (let id = 0; id < IDS; id += 1) state[ENTRY + id] = Entry.absent
  for (let process = 0; process < PROCESSES; process += 1) state[HELLO + process] = 0
}
