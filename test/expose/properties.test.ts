import { expect } from 'chai'
import { InvalidOptionError, MethodNotFoundError, ProtocolError } from '../../lib/errors.ts'
import { exposedMembers } from '../../lib/expose/expose.ts'

class Page {
  static readonly #secret = 'secret'
  theme = 'light'
  readonly later = Promise.resolve('arrived')
  get broken(): Promise<never> {
    return Promise.reject(new Error('not loaded'))
  }
  readonly settings = { size: 1, fonts: { body: 'serif' } }
  readonly tags = ['a']
  callback: unknown = () => 1
  #width = 5
  get width(): number {
    return this.#width
  }
  set width(value: number) {
    if (value < 0) throw new RangeError('too narrow')
    this.#width = value
  }
  get area(): number {
    return this.#width ** 2
  }
  get failing(): never {
    throw new RangeError('cannot be read')
  }
  render(): string {
    return Page.#secret
  }
}

const EXPOSE = ['render', 'theme', 'later', 'broken', 'settings', 'settings.size', 'settings.fonts.body', 'tags', 'width', 'area', 'failing'] // biome-ignore format: one line
const WRITABLE = ['theme', 'width', 'settings.size']

describe('exposed properties', () => {
  let page: Page
  let get: (name: unknown) => unknown
  let set: (name: unknown, value?: unknown) => unknown
  const expose = (target: object, exposed: readonly string[] | undefined, writable?: readonly string[]) => {
    const { builtins } = exposedMembers('page', target, { expose: exposed, writable })
    return { get: (name: unknown) => builtins.get('rpc.get')?.([name]), set: (name: unknown, value?: unknown) => builtins.get('rpc.set')?.([name, value]) } // biome-ignore format: one line
  }
  beforeEach(() => {
    page = new Page()
    ;({ get, set } = expose(page, EXPOSE, WRITABLE))
  })

  it('are read: fields, accessors with this, parts of objects', () => {
    expect(get('theme')).to.deep.equal({ value: 'light' })
    expect(get('width')).to.deep.equal({ value: 5 })
    expect(get('area')).to.deep.equal({ value: 25 })
    expect(get('settings.fonts.body')).to.deep.equal({ value: 'serif' })
    expect(get('tags')).to.deep.equal({ value: ['a'] })
    expect(get('settings'), 'an object without methods').to.deep.equal({ value: { size: 1, fonts: { body: 'serif' } } })
  })

  it('are waited for, when they are promises', async () => {
    expect(await get('later')).to.deep.equal({ value: 'arrived' })
    expect(await Promise.resolve(get('broken')).catch((error: Error) => error.message)).to.equal('not loaded')
  })

  it('throw what an accessor throws', () => {
    expect(() => get('failing')).to.throw(RangeError, 'cannot be read')
    expect(() => set('width', -1)).to.throw(RangeError, 'too narrow')
  })

  it('are written, where writable names them', () => {
    expect(set('theme', 'dark')).to.equal(null)
    set('width', 6)
    set('settings.size', 2)
    expect([page.theme, page.area, page.settings.size]).to.deep.equal(['dark', 36, 2])
  })

  it('are not others: those that are not exposed, or not writable', () => {
    for (const name of [
      'callback',
      'nope',
      '',
      'constructor',
      '__proto__',
      'toString',
      'settings.nope',
      'rpc.get',
      'theme.length',
      'tags.0',
      'tags.length',
    ]) {
      // biome-ignore format: one line
      expect(() => get(name), name).to.throw(
        MethodNotFoundError,
        `no property ${JSON.stringify(name)}: either the name is`,
      )
    }
    for (const name of [
      'area',
      'later',
      'settings',
      'settings.fonts.body',
      'callback',
      'render',
      '__proto__',
      '__proto__.x',
      'constructor.prototype',
    ]) {
      // biome-ignore format: one line
      expect(() => set(name, 1), name).to.throw(MethodNotFoundError, '"expose" and "writable" of that server')
    }
    expect(Object.hasOwn(Object.prototype, 'x')).to.equal(false)
  })

  it('are told from methods and namespaces, without running anything', () => {
    expect(get('render')).to.deep.equal({ kind: 'method' })
    expect(get('settings.fonts'), 'something in it is exposed').to.deep.equal({ kind: 'namespace' })
    page.theme = (() => 1) as never
    expect(get('theme'), 'it has become one').to.deep.equal({ kind: 'method' })
  })

  it('have names that are strings', () => {
    for (const name of [undefined, null, 5, ['theme'], { toString: () => 'theme' }]) {
      expect(() => get(name)).to.throw(ProtocolError)
      expect(() => set(name, 1)).to.throw(ProtocolError)
    }
  })

  it('are gone once they are deleted, even where every object has one of their name', () => {
    const target: Record<string, unknown> = { valueOf: 5, settings: { size: 1 }, kept: 1 }
    const page = expose(target, ['valueOf', 'settings.size'], ['valueOf', 'settings.size'])
    expect(page.get('valueOf')).to.deep.equal({ value: 5 })
    Reflect.deleteProperty(target, 'valueOf')
    target.settings = undefined
    for (const name of ['valueOf', 'settings.size']) {
      expect(() => page.get(name), name).to.throw(MethodNotFoundError, 'it existed when the server was created')
      expect(() => page.set(name, 1), name).to.throw(MethodNotFoundError, 'it existed when the server was created')
    }
  })

  it('cannot be written any more once they are frozen', () => {
    Object.freeze(page)
    expect(() => set('theme', 'dark')).to.throw(TypeError, 'page.theme can no longer be written')
    set('width', 7)
    expect(page.width, 'an accessor is not frozen').to.equal(7)
  })

  it('are read through a Proxy around the target, with it as this', () => {
    const asked: unknown[] = []
    const guarded = new Proxy(new (class { a = 1; get b(): number { return this.a } })(), { get: (target, name, receiver) => { asked.push(name); return Reflect.get(target, name, receiver) } }) // biome-ignore format: one line
    const { get } = expose(guarded, ['b'])
    expect(get('b')).to.deep.equal({ value: 1 })
    expect(asked).to.include.members(['b', 'a'])
  })

  it('are none without expose', () => {
    const { get } = expose({ add: () => 1, theme: 'dark', users: { find: () => 1 } }, undefined)
    expect(() => get('theme')).to.throw(MethodNotFoundError)
    expect(get('add')).to.deep.equal({ kind: 'method' })
    expect(get('users')).to.deep.equal({ kind: 'namespace' })
  })

  for (const [title, exposed, writable] of [
    ['is not exposed', ['theme'], ['width']],
    ['is exposed only in part', ['settings.size'], ['settings']],
    ['does not exist', ['theme'], ['nope']],
    ['is a method', ['render'], ['render']],
    ['has only a getter', ['area'], ['area']],
    ['is of every object', ['theme'], ['__proto__']],
  ] as const) {
    it(`may not be writable when it ${title}`, () => {
      expect(() => expose(new Page(), exposed, writable))
        .to.throw(InvalidOptionError, `"${writable[0]}"`)
        .with.property('option', 'writable')
    })
  }

  it('may not be writable when they are readonly, or without expose', () => {
    expect(() => expose(Object.freeze({ a: 1 }), ['a'], ['a'])).to.throw(InvalidOptionError, 'that can be written')
    expect(() => expose({ a: 1, add: () => 1 }, undefined, ['a'])).to.throw(InvalidOptionError, 'that expose names')
  })

  it('may be written behind an accessor, and only read behind one that gives nothing', () => {
    let settings: { size: number } | undefined = { size: 1 }
    const target = {
      get settings() {
        return settings
      },
    }
    const { get, set } = expose(target, ['settings.size'], ['settings.size'])
    set('settings.size', 2)
    expect(get('settings.size')).to.deep.equal({ value: 2 })
    settings = undefined
    expect(() => get('settings.size')).to.throw(MethodNotFoundError)
  })
})
