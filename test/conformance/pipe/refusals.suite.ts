import { expect } from 'chai'
import {
  control,
  InvalidOptionError,
  MethodNotFoundError,
  PipelineError,
  pipe,
  RedisRPCClient,
  SerializationError,
  type ValueClass,
} from 'redis-object-rpc'
import { rejection } from '../../helpers/pair.ts'
import type { Shop, ShopPair, Untyped } from './shop.ts'

/** What a pipeline does not reach, and what it refuses. */
export function pipeRefusalsSuite(ends: ShopPair): void {
  const { redis } = ends
  describe('does not reach', () => {
    const unreachable: Record<string, (far: Untyped) => unknown> = {
      'a method that is not exposed': (far) => far.nope(),
      'a name that begins with rpc.': (far) => far['rpc.ping'](),
      'a field of the far object': (far) => far.log,
      'an accessor of a result': (far) => far.hostile().trap,
      'what a result does not have': (far) => far.user(1).surname,
      'a method of an instance': (far) => far.hostile().box.grow(),
      'a call of what is no function': (far) => far.hostile()(),
      'a method of a Map': (far) => far.hostile().map.get('a'),
      'a field of an instance': (far) => far.hostile().box.inside,
      'an entry of a Map': (far) => far.hostile().map.a,
      'the size of a Map': (far) => far.hostile().map.size,
      'what a Proxy has': (far) => far.hostile().proxy.a,
      'a property of an array': (far) => far.hostile().list.extra,
      'an element past the end': (far) => far.user(1).tags[2],
      'a method of an array': (far) => far.user(1).tags.map,
      'a call of a method of an array': (far) => far.user(1).tags.push(1),
      'a property of a text': (far) => far.hostile().text.length,
      'a property of null': (far) => far.hostile().nothing.x,
      'a field of a function': (far) => far.hostile().method.name,
    }
    for (const [what, build] of Object.entries(unreachable)) {
      it(what, async () => {
        const error = await rejection(ends.run((far) => [far.echo(0), far.echo(build(far)), far.ordersOf(1)]))
        expect(error).to.be.instanceOf(MethodNotFoundError)
        expect(error).to.include({ code: 'ERR_METHOD_NOT_FOUND', service: ends.pair.name })
        expect((error as Error).message).to.match(/^step \d of the pipeline: /)
        expect(ends.shop.log).not.to.include('orders of 1')
        expect(await ends.pair.client.echo(1)).to.equal(1)
      })
    }

    it('anything, if it is known before that one step may not run', async () => {
      const error = await rejection(ends.run((far) => [far.user(1), far.nope()]))
      expect(error).to.include({ method: 'nope' })
      expect((error as Error).message).to.match(/^step 1 of the pipeline: the server of \S+ exposes no method "nope": /)
      expect(ends.shop.log).to.deep.equal([])
    })
  })

  describe('refuses', () => {
    const refused = async (build: (far: Untyped) => unknown, message: RegExp, kind: ValueClass = PipelineError) => {
      const error = await rejection(ends.run(build))
      expect(error).to.be.instanceOf(kind)
      expect((error as Error).message).to.match(message)
      expect(ends.shop.log).to.deep.equal([])
    }

    it('a function that is none, and a client that is none', async () => {
      expect(await rejection(pipe(ends.pair.client, 5 as never))).to.be.instanceOf(InvalidOptionError)
      expect(await rejection(pipe(ends.shop as never, (() => 5) as never))).to.be.instanceOf(InvalidOptionError)
    })

    it('an async function', async () => {
      await refused(async (far) => far.user(1), /must not be async/)
      await refused(async () => 5, /must not be async/)
      await refused(async () => {
        throw new Error('unheard')
      }, /must not be async/)
    })

    it('what is no step', async () => {
      await refused(() => 5, /must return a step, or an array or a plain object of steps$/)
      await refused(() => undefined, /must return/)
      await refused((far) => [far.user(1), 5], /returned what is no step/)
      await refused((far) => ({ a: far.user(1), b: null }), /returned what is no step/)
      await refused((far) => ({ a: [far.user(1)] }), /returned what is no step/)
      await refused(() => [], /must return/)
      await refused(() => ({}), /must return/)
      await refused(() => new Map(), /must return/)
      await refused((far) => far, /the remote object itself is not the result/)
    })

    it('to await, print or calculate with a step', async () => {
      let awaited: Promise<unknown> | undefined
      const wait = async (step: unknown) => step
      await ends.run((far) => {
        const step = far.echo(1)
        awaited = rejection(wait(step))
        return step
      })
      expect(await awaited)
        .to.be.instanceOf(PipelineError)
        .and.to.have.property('message')
        .that.matches(/cannot be awaited/)
      ends.shop.log.length = 0
      for (const use of [String, Number, JSON.stringify, (step: Untyped) => `${step}`, (step: Untyped) => step + 1]) {
        await refused((far) => use(far.user(1).name), /has no value here/)
        await refused((far) => use(far.user), /has no value here/)
        await refused(use, /has no value here/)
      }
      await refused((far) => {
        far.user(1).name = 'x'
      }, /cannot be assigned to/)
      await refused((far) => far(), /is no function/)
    })

    it('a step of another pipeline', async () => {
      let foreign: unknown
      await ends.run((far) => {
        foreign = far.echo(1)
        return foreign
      })
      ends.shop.log.length = 0
      await refused(
        (far) => far.echo({ a: [foreign] }),
        /^args\[0\]\.a\[0\].*step of another pipeline/,
        SerializationError,
      )
      await refused(() => foreign, /returned a step of another pipeline/)
      await refused(() => (foreign as { x(): unknown }).x(), /after the function given to pipe\(\) had returned/)
      await refused((far) => far.echo(far), /the remote object itself/)
      const error = await rejection(ends.pair.client.echo(foreign))
      expect(error).to.be.instanceOf(SerializationError)
      expect((error as Error).message).to.match(/^args\[0\].*a step of a pipeline has no value here/)
    })

    it('more than 100 steps', async () => {
      const steps = (count: number) => (far: Untyped) => Array.from({ length: count }, () => far.echo(1))
      expect(await ends.run(steps(100))).to.have.length(100)
      ends.shop.log.length = 0
      await refused(steps(101), /100 steps at most/)
    })

    it('arguments that cannot travel, where they are given', async () => {
      await refused((far) => [far.user(1), far.echo([Symbol('s')])], /^args\[0\]\[0\]/, SerializationError)
    })

    it('to run, when the function throws', async () => {
      await refused(
        (far) => {
          far.user(1)
          throw new RangeError('mine')
        },
        /^mine$/,
        RangeError,
      )
    })

    it('the classic dialect', async () => {
      const classic = new RedisRPCClient<Shop>(redis().url, ends.pair.name, { dialect: 'classic' })
      const error = await rejection(pipe(classic, (far) => far.user(1)))
      expect(error).to.be.instanceOf(InvalidOptionError)
      await control(classic).close()
    })
  })
}
