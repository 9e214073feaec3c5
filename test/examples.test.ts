import { expect } from 'chai'
import { runExample } from './helpers/run-example.ts'

const NO_SQRT =
  'the server of calc exposes no method "sqrt": either the name is misspelt, or the option "expose" of that server has to list it'

/** What each example prints. It ends by itself, and well. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  'calculator/main.ts': [
    'redis: embedded server is listening',
    'server: calc is listening',
    'client: calc.clr() = 0',
    'client: calc.add(5) = 5',
    'client: calc.sub(3) = 2',
    'client: calc.mul(4) = 8',
    'client: calc.div(2) = 4',
    'client: calc.val() = 4',
    'client: calc.div(0) threw a RangeError: division by zero',
    `client: calc.sqrt() is missing: ${NO_SQRT}`,
    'server: closed',
  ],
  'calculator/main.ts --classic': [
    'redis: embedded server is listening',
    'server: calc is listening',
    'classic client: calc.clr() = 0',
    'classic client: calc.add(5) = 5',
    'classic client: calc.sub(3) = 2',
    'classic client: calc.mul(4) = 8',
    'classic client: calc.div(2) = 4',
    'classic client: calc.val() = 4',
    'classic client: calc.div(0) threw RangeError: division by zero',
    `classic client: calc.sqrt() threw MethodNotFoundError: ${NO_SQRT}`,
    'server: closed',
  ],
  'progress/main.ts': ['25 %', '50 %', '75 %', '100 %', 'a report of 4 pages', '25 %', '50 %', 'cancelled: AbortError'],
  'session/main.ts': [
    'ann has 2 things, bob has 1',
    'ann has ordered tea and milk',
    "server: bob's cart is closed",
    "server: ann's cart is closed",
  ],
  'chat-rpc/main.ts': [
    'ann meets ann',
    'bob meets ann, bob',
    'cleo meets ann, bob, cleo',
    'ann is heard by 3',
    'cleo is heard by 2',
    'ann is heard by 1',
    'ann has heard: ann: hello you two | cleo: where is bob? | ann: good night',
    'bob has heard: ann: hello you two',
    'cleo has heard: ann: hello you two | cleo: where is bob?',
  ],
  'rows/main.ts 100000': [
    'server: table is listening',
    'server: the table is closed',
    'client: 100000 rows, in order',
    'client: the server has used less than 20 MB for them',
    'client: found row 10',
    'server: the table is closed',
  ],
  'upload/main.ts': [
    'stored poem.txt: 2900000 bytes',
    'hashes are equal: true',
    'TYGER TYGER, BURNING BRIGHT,',
    'IN THE FORESTS OF THE NIGHT;',
    '100000 lines',
  ],
  'observability/main.ts': [
    'refused: not enough tea',
    'mail to ann',
    'an order (internal)',
    '  shop/order (client)',
    '    shop/order (server)',
    '      stock/take (client)',
    '        stock/take (server)',
    '      publish mails (producer)',
    '        process mails (consumer)',
    '  shop/order (client, RangeError)',
    '    shop/order (server, RangeError)',
    '      stock/take (client, RangeError)',
    '        stock/take (server, RangeError)',
    'stock.take: 2 calls, 1 error',
    'true',
  ],
  'hello-redis/main.ts': [
    'SET hello world = OK',
    'GET hello = world',
    'PEXPIRE hello 50 = 1',
    'hello has expired',
    'GET hello = null',
  ],
  'chat/main.ts': [
    'ann is heard by 1',
    'bob is heard by 3',
    'cleo is heard by 3',
    'ann is heard by 3',
    'ann has heard: ann: is anybody here? | bob: hello ann | cleo: hello you two | ann: good night',
    'bob has heard: bob: hello ann | cleo: hello you two | ann: good night',
    'cleo has heard: bob: hello ann | cleo: hello you two | ann: good night',
  ],
}

describe('examples', function () {
  this.timeout(60_000)
  for (const [command, lines] of Object.entries(EXAMPLES)) {
    it(`${command} prints what it should and ends well`, () => {
      const [file = '', ...args] = command.split(' ')
      const run = runExample(file, ...args)
      expect(run.stderr).to.equal('')
      expect(run.stdout.trim().split('\n')).to.deep.equal(lines)
      expect(run.status).to.equal(0)
    })
  }
})
