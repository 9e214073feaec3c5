/** A chat over publish and subscribe: whoever is in the room hears everything, in the same order. */
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { Participant } from './participant.ts'

const server = await EmbeddedRedis.start({ port: 0 })
const { url } = server

const ann = await Participant.join('ann', url)
console.log(`ann is heard by ${await ann.say('is anybody here?')}`)
const bob = await Participant.join('bob', url)
const cleo = await Participant.join('cleo', url)
console.log(`bob is heard by ${await bob.say('hello ann')}`)
console.log(`cleo is heard by ${await cleo.say('hello you two')}`)
console.log(`ann is heard by ${await ann.say('good night')}`)

const everybody = [ann, bob, cleo]
await Promise.all(everybody.map((each) => each.leave()))
for (const { name, heard } of everybody) console.log(`${name} has heard: ${heard.join(' | ')}`)
await server.close()
