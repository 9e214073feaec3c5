import { Redis } from 'ioredis'

const ROOM = 'chat:lobby'

interface Message {
  readonly from: string
  readonly text: string
}

/** Somebody in the room: says things, and hears everything from joining to the end. */
export class Participant {
  readonly name: string
  readonly heard: string[] = []
  /** Resolves once somebody has said the last word. */
  readonly ended: Promise<void>
  /** A connection that subscribes can do nothing else, so there are two. */
  readonly #speaker: Redis
  readonly #listener: Redis

  private constructor(name: string, url: string) {
    this.name = name
    this.#speaker = new Redis(url)
    this.#listener = new Redis(url)
    this.ended = new Promise((resolve) => {
      this.#listener.on('message', (_room, json) => {
        const { from, text } = JSON.parse(json) as Message
        this.heard.push(`${from}: ${text}`)
        if (text === 'good night') resolve()
      })
    })
  }

  static async join(name: string, url: string): Promise<Participant> {
    const participant = new Participant(name, url)
    await participant.#listener.subscribe(ROOM)
    return participant
  }

  /** Resolves with how many have heard it, oneself included. */
  say(text: string): Promise<number> {
    const message: Message = { from: this.name, text }
    return this.#speaker.publish(ROOM, JSON.stringify(message))
  }

  async leave(): Promise<void> {
    await this.ended
    await Promise.all([this.#speaker.quit(), this.#listener.quit()])
  }
}
