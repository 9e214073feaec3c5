/** One end of one contender, in a process of its own: `worker <contender> fill|drain <url> <name> <count> <at a time>`; prints JSON. */
import { contenders, type QueueContenderName } from './contenders/index.ts'

const [name, end, url = '', queue = '', count, together] = process.argv.slice(2)
const contender = await contenders[name as QueueContenderName]()
const sample = await contender[end as 'fill' | 'drain'](url, queue, Number(count), Number(together))
console.log(JSON.stringify(sample))
