import type { Client } from '../clients/client.ts'
import type { Engine } from './engine.ts'

/** A client as commands see it, with the whole engine behind it. */
export type Caller = Client<Engine>
