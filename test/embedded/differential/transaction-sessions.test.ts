import { type Session, sessionsSuite } from './sessions.ts'

const SESSIONS: Readonly<Record<string, Session>> = {
  'a transaction': `
    1 MULTI
    1 SET a 1
    1 INCR a
    1 LPUSH a x
    1 GET a
    1 MULTI
    1 WATCH a
    1 EXEC
    1 EXEC
    1 DISCARD
    1 MULTI
    1 SET a 2
    1 DISCARD
    1 GET a
  `,
  'a transaction that fails while queueing': `
    1 MULTI
    1 SET a 1
    1 SET a
    1 EXEC
    1 GET a
    1 MULTI
    1 FOO
    1 DISCARD
    1 MULTI
    1 EXEC
    1 MULTI x
    1 EXEC x
  `,
  'transactions and watched keys': `
    1 SET a 1
    1 WATCH a b
    1 MULTI
    1 GET a
    2 SET b 1
    1 EXEC
    1 WATCH a
    2 GET a
    1 MULTI
    1 GET a
    1 EXEC
    1 WATCH a
    2 SET a 2
    1 UNWATCH
    1 MULTI
    1 EXEC
    1 WATCH gone
    2 DEL gone
    1 MULTI
    1 PING
    1 EXEC
    1 WATCH gone
    2 FLUSHALL
    1 MULTI
    1 PING
    1 EXEC
    1 SET a 1
    1 WATCH a
    2 FLUSHDB
    1 MULTI
    1 PING
    1 EXEC
    1 SET a 1
    1 WATCH a
    2 EXPIRE a 100
    1 MULTI
    1 EXEC
    1 WATCH a
    2 SELECT 1
    2 SET a 9
    1 MULTI
    1 EXEC
    1 WATCH a
    2 SWAPDB 0 1
    1 MULTI
    1 EXEC
    1 HELLO 3
    1 WATCH a
    1 SET a 1
    1 MULTI
    1 EXEC
  `,
  'what may not wait in a transaction': `
    1 MULTI
    1 BLPOP a 0
    1 BLMOVE a b LEFT LEFT 0
    1 BLMPOP 0 1 a LEFT
    1 BRPOPLPUSH a b 0
    1 RPUSH a 1 2
    1 BLPOP a 0
    1 BLMPOP 0 1 a LEFT COUNT 5
    1 SELECT 3
    1 EXEC
    1 DBSIZE
    1 BLPOP a x
    1 BLPOP a -1
    1 BLPOP a 1e30
    1 SET a 1
    1 SELECT 0
    1 SET a v
    1 BLPOP a 0
  `,
  'channels and patterns in RESP2': `
    1 SUBSCRIBE a b
    1! 
    1 PSUBSCRIBE a* [
    1! 
    1 SUBSCRIBE a
    2 PUBLISH a hello
    2 PUBLISH ab "\\x00\\xff\\r\\n"
    2 PUBLISH none x
    2 PUBSUB CHANNELS a
    2 PUBSUB CHANNELS b*
    2 PUBSUB NUMSUB a b c
    2 PUBSUB NUMSUB
    2 PUBSUB NUMPAT
    1 GET a
    1 MULTI
    1 PING
    1 PING x
    1 UNSUBSCRIBE a nothing
    1 UNSUBSCRIBE
    1 PUNSUBSCRIBE
    1 GET a
  `,
  'channels in RESP3': `
    1 HELLO 3
    1 SUBSCRIBE a
    1 PSUBSCRIBE *
    1 PING
    1 GET a
    1 PUBLISH a mine
    2 PUBLISH a hello
    1 UNSUBSCRIBE a
    1 UNSUBSCRIBE
    1 PUNSUBSCRIBE x
    1 RESET
    2 PUBLISH a late
    1 GET a
  `,
  'channels of shards': `
    1 SSUBSCRIBE a a
    1! 
    2 SPUBLISH a x
    2 PUBLISH a x
    2 PUBSUB SHARDCHANNELS
    2 PUBSUB SHARDNUMSUB a c
    1 GET a
    1 SUBSCRIBE a
    1 SUNSUBSCRIBE
    1 SUNSUBSCRIBE
    1 UNSUBSCRIBE
  `,
  'subscriptions in a transaction': `
    1 MULTI
    1 SUBSCRIBE a b
    1 PUBLISH a x
    1 UNSUBSCRIBE a
    1 EXEC
    1 PING
  `,
  'subscriptions in a transaction in RESP3': `
    1 HELLO 3
    1 MULTI
    1 SUBSCRIBE a
    1 PUBLISH a x
    1 EXEC
    1 PING
  `,
}

sessionsSuite('sessions', SESSIONS)
