import { ReadQueue } from 'redis-object-rpc/ipc'

export interface Resize {
  readonly image: string
  readonly width: number
}

const [name] = process.argv.slice(2)
const queue = new ReadQueue<Resize>(process.env.REDIS_URL ?? 'redis://localhost:6379', 'resize', {
  reliable: true,
  leaseMs: 1_000, // how soon others notice that this process is gone
  maxAttempts: 2,
})
process.once('SIGTERM', () => queue.close())

await queue.process(
  async (task) => {
    console.log(`${name}: ${task.content.image}, attempt ${task.attempt}`)
    if (!task.content.image.endsWith('.png')) throw new Error(`${task.content.image} is no image`)
    // This one takes so long that the process is killed before it is done.
    if (task.content.image === 'dog.png' && task.attempt === 1) await new Promise(() => {})
  },
  { retryDelayMs: 50 },
)
