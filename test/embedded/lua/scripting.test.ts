import { expect } from 'chai'
import { Registry } from '../../../lib/embedded/catalog/registry.ts'
import { COMMANDS } from '../../../lib/embedded/commands/all.ts'
import { Config } from '../../../lib/embedded/config/config.ts'
import { Engine } from '../../../lib/embedded/engine/engine.ts'
import { Listener } from '../../../lib/embedded/net/listener.ts'
import { systemClock } from '../../../lib/util/clock.ts'
import { RawClient } from '../helpers/raw-client.ts'

describe('embedded scripting', () => {
  let engine: Engine
  let listener: Listener
  let client: RawClient
  let other: RawClient
  let units: string[]

  beforeEach(async () => {
    engine = new Engine(systemClock, new Config(), new Registry(COMMANDS), () => {})
    listener = await Listener.open(engine, '127.0.0.1', 0, 1024 * 1024)
    client = await RawClient.connect(listener.port)
    other = await RawClient.connect(listener.port)
    // A script may take its time on a busy machine, but where its time is what is tested.
    await client.call('CONFIG', 'SET', 'busy-reply-threshold', '0')
    units = []
    engine.propagation.subscribe((writes) => {
      units.push(writes.map(({ argv }) => argv.join(' ')).join('; '))
    })
  })
  afterEach(async () => {
    await listener.close(0)
    engine.close()
  })

  const run = (script: string, ...args: string[]): Promise<string> => client.call('EVAL', script, '0', ...args)

  it('passes on the commands that a script called, together, and not the script', async () => {
    await run(
      "redis.call('SET', 'a', 1) redis.call('GET', 'a') redis.call('SET', 'b', 2, 'PX', 0 + 100000) redis.call('DEL', 'none')",
    )
    expect(units).to.have.length(1)
    expect(units[0]).to.match(/^SET a 1; SET b 2 PXAT \d+$/)
  })

  it('passes on what was done before a script failed', async () => {
    expect(await run("redis.call('SET', 'a', 1) redis.call('LPUSH', 'a', 1)")).to.match(
      /^-WRONGTYPE .* script: [0-9a-f]{40}, on @user_script:1\.\r\n$/,
    )
    expect(units).to.deep.equal(['SET a 1'])
  })

  it('passes nothing on where a script asks for that, and all again after it', async () => {
    await run(
      "redis.call('SET', 'a', 1) redis.set_repl(redis.REPL_NONE) redis.call('SET', 'b', 1) redis.set_repl(redis.REPL_ALL) redis.call('SET', 'c', 1)",
    )
    await run("redis.set_repl(redis.REPL_NONE) redis.call('SET', 'd', 1)")
    await client.call('SET', 'e', '1')
    expect(units).to.deep.equal(['SET a 1; SET c 1', 'SET e 1'])
  })

  it('serves blocked clients after the script, which they see whole', async () => {
    other.send('BLPOP', 'list', '0')
    await client.call('PING')
    expect(
      await run("redis.call('RPUSH', 'list', 'a') redis.call('LPUSH', 'list', 'b') return redis.call('LLEN', 'list')"),
    ).to.equal(':2\r\n')
    expect(await other.reply()).to.equal('*2\r\n$4\r\nlist\r\n$1\r\nb\r\n')
  })

  it('refuses a script that would block', async () => {
    for (const argv of ["'XREAD'", "'XREADGROUP', 'GROUP', 'g', 'c'"]) {
      expect(await run(`return redis.call(${argv}, 'BLOCK', 0, 'STREAMS', 's', '$')`)).to.match(
        /^-ERR XREAD(GROUP)? command is not allowed with BLOCK option from scripts /,
      )
    }
    expect(await run("return redis.call('BLPOP', 'l', 0)")).to.match(/^-ERR This Redis command is not allowed from /)
  })

  it('keeps the database of a script to itself', async () => {
    expect(await run("redis.call('SELECT', 3) redis.call('SET', 'a', 1) return 1")).to.equal(':1\r\n')
    expect(await client.call('EXISTS', 'a')).to.equal(':0\r\n')
    await client.call('SELECT', '3')
    expect(await run("return redis.call('GET', 'a')")).to.equal('$1\r\n1\r\n')
  })

  it('shows monitors the script and then its commands', async () => {
    await other.call('MONITOR')
    await run("redis.call('SET', 'a', 1)")
    const lines = [await other.reply(), await other.reply()]
    expect(lines[0]).to.match(/\[0 127\.0\.0\.1:\d+\] "EVAL"/)
    expect(lines[1]).to.match(/\[0 lua\] "SET" "a" "1"/)
  })

  it('runs within a transaction', async () => {
    await client.call('MULTI')
    await run("redis.call('INCR', 'n') return redis.call('INCR', 'n')")
    expect(await client.call('EXEC')).to.equal('*1\r\n:2\r\n')
    expect(units).to.deep.equal(['INCR n; INCR n'])
  })

  it('counts each error once', async () => {
    await client.call('CONFIG', 'RESETSTAT')
    await run("redis.pcall('NOPE') redis.call('LPUSH', 'k', 1) redis.call('GET', 'k')")
    await run("return redis.pcall('GET', 'k')")
    expect(Object.fromEntries(engine.stats.errors)).to.deep.equal({ ERR: 1, WRONGTYPE: 2 })
  })

  for (const [title, script] of [
    ['a loop', 'while true do end'],
    ['a loop that catches errors', 'while true do pcall(function() while true do end end) end'],
    ['coroutines that loop', 'while true do pcall(coroutine.wrap(function() while true do end end)) end'],
    ['endless commands', "while true do redis.call('PING') end"],
  ] as const) {
    it(`ends a script that takes too long: ${title}`, async () => {
      await client.call('CONFIG', 'SET', 'lua-time-limit', '30')
      expect(await run(script)).to.match(
        /^-ERR Script killed after 30 ms \(busy-reply-threshold\)\.\.\. script: [0-9a-f]{40}\r\n$/,
      )
      await client.call('CONFIG', 'SET', 'lua-time-limit', '0')
      expect(await run('return 1')).to.equal(':1\r\n')
    })
  }

  for (const [title, script, expected] of [
    ['endless recursion', 'local function f() return 1 + f() end return f()', /stack overflow/],
    ['recursion through C', 'local function f() return (string.gsub("a", "a", f)) end return f()', /C stack overflow/],
    ['too much memory', 'local t = {} for i = 1, 1e9 do t[i] = string.rep("x", 1e7) .. i end', /not enough memory/],
    ['a table in itself', 'local t = {} t[1] = t return t', /reached lua stack limit/],
    ['JSON nested too deep', 'cjson.decode_max_depth(1e9) return cjson.decode(string.rep("[", 1e5))', /stack overflow/],
    ['MessagePack nested too deep', 'return cmsgpack.unpack(string.rep("\\145", 1e5))', /stack overflow/],
    ['compiled code', 'return tostring(loadstring(string.dump(function() end)))', /nil/],
  ] as const) {
    it(`survives ${title}`, async () => {
      // However slow the machine is just now.
      await client.call('CONFIG', 'SET', 'busy-reply-threshold', '0')
      expect(await run(script)).to.match(expected)
      expect(await run('return {KEYS[1], ARGV[1], cjson.encode({1})}', 'x')).to.equal('*0\r\n')
      expect(await run('return {ARGV[1], cjson.encode({1})}', 'x')).to.equal('*2\r\n$1\r\nx\r\n$3\r\n[1]\r\n')
    })
  }

  it('shares nothing between scripts but what Redis shares', async () => {
    await run("table.insert(redis, 'x') table.insert(_G, 'y') rawset({}, 'a', 1)")
    expect(await run('return {#redis, rawget(_G, 1) == nil and 1 or 0, redis[1] == nil and 1 or 0}')).to.equal(
      '*3\r\n:0\r\n:1\r\n:1\r\n',
    )
  })

  it('does not keep what scripts make in a loop', async () => {
    expect(await run('for i = 1, 1e6 do cjson.new() end')).to.match(/too many functions/)
    expect(await run("return cjson.new().encode('a')")).to.equal('$3\r\n"a"\r\n')
  })

  it('begins anew after SCRIPT FLUSH', async () => {
    await run('cjson.encode_max_depth(1)')
    expect(await run('return cjson.encode({{1}})')).to.match(/excessive nesting/)
    await client.call('SCRIPT', 'FLUSH')
    expect(await run('return cjson.encode({{1}})')).to.equal('$5\r\n[[1]]\r\n')
  })

  describe('that mean it ill', () => {
    beforeEach(() => client.call('CONFIG', 'SET', 'busy-reply-threshold', '100'))

    const endless: readonly (readonly [title: string, script: string])[] = [
      ['loops', 'while true do end'],
      ['catches its end', 'while true do pcall(function() while true do end end) end'],
      ['loops where it handles its end', 'local f = function() while true do end end xpcall(f, f)'],
      ['loops in a coroutine', 'while true do coroutine.wrap(function() while true do end end)() end'],
      [
        'loops where its error is asked what it is',
        'error(setmetatable({}, {__index = function() while true do end end}))',
      ],
      ['calls and calls', "while true do redis.call('PING') end"],
      ['returns tables that hold one another', 'local t = {} for i = 1, 40 do t = {t, t} end return t'],
      [
        'writes tables that hold one another as JSON',
        'local t = {} for i = 1, 40 do t = {t, t} end return cjson.encode(t)',
      ],
      [
        'writes tables that hold one another as MessagePack',
        'local t = {} for i = 1, 14 do t = {t, t, t, t, t, t, t, t} end return cmsgpack.pack(t)',
      ],
    ]
    for (const [title, script] of endless) {
      it(`ends a script that ${title}`, async () => {
        expect(await run(script)).to.match(/^-ERR Script killed after 100 ms/)
        await client.call('CONFIG', 'SET', 'busy-reply-threshold', '0')
        expect(await run("return redis.call('PING')")).to.equal('+PONG\r\n')
      })
    }

    const many = "local s = string.rep('x', 1e7) local t = {} for i = 1, 60 do t[i] = s end"
    const bombs: readonly (readonly [title: string, script: string, error: RegExp])[] = [
      ['a reply', `${many} return t`, /the reply of the script is too large/],
      ['JSON', `${many} return cjson.encode(t)`, /JSON is too large/],
      ['MessagePack', `${many} return cmsgpack.pack(t)`, /MessagePack is too large/],
      ['a command', `${many} return redis.call('RPUSH', 'k', unpack(t))`, /a command is too large/],
      ['a text', "local s = 'x' while true do s = s .. s end", /not enough memory/],
    ]
    for (const [title, script, error] of bombs) {
      it(`refuses ${title} that is larger than anything`, async () => {
        await client.call('CONFIG', 'SET', 'busy-reply-threshold', '0')
        expect(await run(script)).to.match(error)
        expect(await run("return redis.call('PING')")).to.equal('+PONG\r\n')
      })
    }

    it('hands errors to the handler of xpcall as Lua does', async () => {
      const handled = (fn: string, handler: string): Promise<string> =>
        run(`local ok, e, more = xpcall(${fn}, ${handler}) return {tostring(ok), tostring(e), tostring(more)}`)
      const three = (...words: string[]): string => `*3\r\n${words.map((w) => `$${w.length}\r\n${w}\r\n`).join('')}`
      expect(await handled('function() return 1, 2 end', 'nil')).to.equal(three('true', '1', '2'))
      expect(await handled("function() error('a', 0) end", "function(e) return e .. 'b', 2 end")).to.equal(
        three('false', 'ab', 'nil'),
      )
      expect(await handled('function() error() end', 'function(e) return type(e) end')).to.equal(
        three('false', 'nil', 'nil'),
      )
      expect(await handled("function() error('a') end", "function(e) error('b') end")).to.equal(
        three('false', 'error in error handling', 'nil'),
      )
    })
  })
})
