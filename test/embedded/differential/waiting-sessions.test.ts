import { type Session, sessionsSuite } from './sessions.ts'

const SESSIONS: Readonly<Record<string, Session>> = {
  'a queue of clients that wait': `
    1~ BLPOP a b 0
    2~ BRPOP b 0
    3~ BLMOVE a b LEFT RIGHT 0
    4 RPUSH b 1 2 3
    4 RPUSH a 4 5 6
    4 LRANGE a 0 -1
    4 LRANGE b 0 -1
  `,
  'who waits is served in turn, and goes on': `
    1~ BLPOP a 0
    1~ GET x
    1~ SET x 1
    2~ BLPOP a 0
    3 GET x
    3 RPUSH a 1
    3 RPUSH a 2
    3 GET x
  `,
  'a client that leaves while it waits': `
    1~ BLPOP a 0
    2~ BLPOP a 0
    1.
    3 RPUSH a 1
    3 LLEN a
  `,
  'a list that others make and take in one transaction': `
    1~ BLPOP a 0
    2 MULTI
    2 RPUSH a 1
    2 DEL a
    2 EXEC
    2 MULTI
    2 RPUSH a 2
    2 RPUSH a 3
    2 LPOP a
    2 EXEC
    2 LLEN a
  `,
  'a wrong type comes to who waits': `
    1~ BLPOP a 0
    2 SET a v
    2 DEL a
    2 SADD a v
    2 RENAME a b
    2 RPUSH list x
    2 RENAME list a
    2 EXISTS a
    3 SET to v
    3~ BLMOVE from to LEFT LEFT 0
    2 RPUSH from 1
    2 LLEN from
  `,
  'a chain of moves': `
    1~ BLMOVE a b LEFT RIGHT 0
    2~ BLMOVE b c LEFT RIGHT 0
    3~ BLPOP c 0
    4 RPUSH a x
    4 EXISTS a b c
  `,
  'a list that becomes ready by other means': `
    1~ BLPOP a 0
    2 RPUSH b 1
    2 COPY b a
    1~ BLPOP a 0
    2 SELECT 1
    2 RPUSH a 1
    2 MOVE a 0
    1~ BLPOP a 0
    2 SWAPDB 0 1
    2 RPUSH a 3
    2 SWAPDB 0 1
  `,
  'who waits is woken': `
    1 CLIENT UNBLOCK 99999999
    1 CLIENT UNBLOCK x
    1 CLIENT UNBLOCK 1 FOO
    1 CLIENT UNBLOCK 1 TIMEOUT x
  `,
}

sessionsSuite('sessions', SESSIONS)
