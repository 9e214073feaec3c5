import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { reference } from './reference.ts'

const folder = resolve(import.meta.dirname, '../../api')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
for (const { name, text } of reference()) writeFileSync(resolve(folder, name), text)
