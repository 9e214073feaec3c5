import { Members } from '../../util/members.ts'
import { readPropertyAnswer } from '../../wire/property-answer.ts'
import { GET } from '../../wire/reserved.ts'

/** Creates the local proxy of a remote object. */
export function borrowedObject(label: string, call: Call, release: () => void): object {
  const dispose = { [Symbol.dispose]: release, [Symbol.asyncDispose]: async () => release() }
  const members = new Members({
    label,
    call,
    get: async (path, itself) => {
      const answer = readPropertyAnswer(await call(GET, [path]))
      return 'value' in answer ? answer.value : itself()
    },
    own: (name) => dispose[name as keyof typeof dispose],
  })
  forwards.set(members.proxy, call)
  return members.proxy
}

type Call = (name: string, args: readonly unknown[]) => Promise<unknown>
const forwards = new WeakMap<object, Call>()

/**
 * Returns a function that calls methods of the original of a proxy; undefined: the object is local.
 */
export function forwardOf(object: object): Call | undefined {
  return forwards.get(object)
}
