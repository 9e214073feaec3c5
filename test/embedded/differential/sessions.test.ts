import { type Session, sessionsSuite } from './sessions.ts'

const SESSIONS: Readonly<Record<string, Session>> = {
  'a handshake': `
    1 HELLO
    1 HELLO 3
    1 HELLO 2 SETNAME me
    1 CLIENT GETNAME
    1 HELLO 4
    1 HELLO x
    1 HELLO 3 FOO
    1 HELLO 3 SETNAME
    1 HELLO 3 SETNAME "a b"
    1 HELLO 3 AUTH default
    1 HELLO 3 AUTH default anything
    1 HELLO 3 AUTH somebody secret
    1 AUTH x
    1 AUTH default x
    1 AUTH somebody x
    1 AUTH a b c
    1 AUTH
  `,
  'small talk': `
    1 PING
    1 ping hello
    1 PING a b
    1 ECHO "\\xff\\x00"
    1 ECHO
    1 ROLE
    1 ROLE x
    1 SELECT 1
    1 SELECT 16
    1 SELECT -1
    1 SELECT x
    1 CLIENT SETNAME "a b"
    1 CLIENT SETNAME a\\nb
    1 CLIENT SETNAME me
    1 CLIENT GETNAME
    1 CLIENT SETNAME ""
    1 CLIENT GETNAME
    1 CLIENT GETREDIR
    1 CLIENT NO-EVICT on
    1 CLIENT NO-EVICT x
    1 RESET
    1 DBSIZE
    1 LOLWUT
    1 LASTSAVE x
    1 TIME x
    1 QUIT now
  `,
  'commands that are none': `
    1 FOO
    1 FOO bar "a b" \\xff
    1 FOO ${'y'.repeat(200)} z
    1 ${'x'.repeat(200)} y
    1 ""
    1 GET
    1 get a b
    1 CLIENT
    1 CLIENT FOO
    1 client foo bar
    1 CLIENT ${'x'.repeat(200)}
    1 CLIENT ID x
    1 CONFIG
    1 CONFIG FOO
    1 CONFIG GET
    1 CONFIG SET
    1 CONFIG SET a
    1 CONFIG RESETSTAT x
    1 COMMAND FOO
    1 OBJECT
    1 OBJECT FOO x
    1 OBJECT ENCODING
    1 PUBSUB
    1 PUBSUB FOO
    1 PUBSUB CHANNELS a b
    1 PUBSUB NUMPAT x
    1 FLUSHALL x
    1 FLUSHALL ASYNC SYNC
    1 FLUSHDB x
    1 SWAPDB a 1
    1 SWAPDB 1 a
    1 SWAPDB 0 16
    1 SHUTDOWN FOO
    1 SHUTDOWN ABORT
    1 SHUTDOWN SAVE NOSAVE
  `,
  'replies that are held back': `
    1~ CLIENT REPLY OFF
    1~ PING
    1~ FOO
    1 CLIENT REPLY ON
    1 PING
    1~ CLIENT REPLY SKIP
    1~ PING
    1 PING
    1 CLIENT REPLY x
    1~ CLIENT REPLY OFF
    1~ CLIENT REPLY SKIP
    1~ PING
    1~ SUBSCRIBE a
    2 PUBLISH a hello
    1~ CLIENT REPLY ON
    1 PING
  `,
  'a monitor': `
    1 MONITOR
    2 SET a "b\\n\\x00\\xff\\"\\\\"
    2 MULTI
    2 GET a
    2 EXEC
    2 CONFIG GET port
    2 FOO
    2 SELECT 1
    2 GET x
    2 AUTH x
    2 HELLO 2
    2~ BLPOP x 0
    3 RPUSH nothing
    1 GET a
    1 PING
    1 MULTI
    1 RESET
    1 GET a
  `,
  'clients that are killed': `
    1 CLIENT KILL x
    1 CLIENT KILL 127.0.0.1:1
    1 CLIENT KILL ID x
    1 CLIENT KILL ID 0
    1 CLIENT KILL ID 99999999
    1 CLIENT KILL FOO 1
    1 CLIENT KILL ID 1 TYPE
    1 CLIENT KILL TYPE x
    1 CLIENT KILL SKIPME x
    1 CLIENT KILL USER nobody
    1 CLIENT KILL TYPE master
    1 CLIENT LIST TYPE x
    1 CLIENT LIST ID x
    1 CLIENT LIST ID
    1 CLIENT LIST FOO
    1 CLIENT LIST TYPE master
    2 SUBSCRIBE a
    1 CLIENT KILL TYPE pubsub
    2 PING
    3 PING
    1 CLIENT KILL TYPE normal SKIPME yes LADDR none
    1 CLIENT KILL TYPE normal SKIPME no
  `,
  'a pause': `
    1 CLIENT PAUSE x
    1 CLIENT PAUSE -1
    1 CLIENT PAUSE 1 x
    1 CLIENT PAUSE 1 WRITE x
    1 CLIENT PAUSE 100000 WRITE
    2 GET a
    2~ SET a 1
    2~ GET a
    1 GET a
    1 CLIENT UNPAUSE
    2 PING
    1 GET a
  `,
  'a pause in a transaction': `
    2 MULTI
    2 SET a 1
    1 CLIENT PAUSE 100000 WRITE
    2~ EXEC
    3 MULTI
    3 GET a
    3 EXEC
    1 CLIENT UNPAUSE
  `,
  'access control, memory and debugging': `
    1 ACL
    1 ACL FOO
    1 ACL WHOAMI
    1 ACL WHOAMI x
    1 ACL CAT
    1 ACL CAT foo
    1 ACL CAT a b
    1 MEMORY USAGE
    1 MEMORY USAGE a
    1 SET a 1
    1 MEMORY USAGE a SAMPLES
    1 MEMORY USAGE a SAMPLES -1
    1 MEMORY USAGE a SAMPLES x
    1 MEMORY USAGE a FOO 1
    1 MEMORY FOO
    1 DEBUG
    1 DEBUG FOO
    1 DEBUG SLEEP
    1 DEBUG SLEEP 0
    1 DEBUG SLEEP 0.01
    1 DEBUG SET-ACTIVE-EXPIRE
    1 DEBUG SET-ACTIVE-EXPIRE 0
    1 DEBUG SET-ACTIVE-EXPIRE 1
    1 MULTI
    1 DEBUG SLEEP 0.01
    1 ACL WHOAMI
    1 EXEC
  `,
  parameters: `
    1 CONFIG SET foo bar
    1 CONFIG SET maxclients 0
    1 CONFIG SET maxclients abc
    1 CONFIG SET appendfsync foo
    1 CONFIG SET appendonly maybe
    1 CONFIG SET maxmemory 1zz
    1 CONFIG SET timeout 1 timeout 2
    1 CONFIG SET timeout 1 TIMEOUT
    1 CONFIG SET timeout -1
    1 CONFIG SET timeout 100 maxmemory x
    1 CONFIG GET timeout
    1 CONFIG SET databases 3
    1 CONFIG SET proto-max-bulk-len 10
    1 CONFIG SET proto-max-bulk-len 1mb
    1 CONFIG GET proto-max-bulk-len
    1 CONFIG SET proto-max-bulk-len 512mb
    1 CONFIG SET maxmemory 1gb
    1 CONFIG GET maxmemory
    1 CONFIG SET MAXMEMORY 0
    1 CONFIG SET maxmemory-policy zz
    1 CONFIG SET maxmemory-policy allkeys-LFU
    1 SET a 1
    1 OBJECT IDLETIME a
    1 CONFIG SET maxmemory-policy noeviction
    1 OBJECT FREQ a
    1 CONFIG SET client-output-buffer-limit foo
    1 CONFIG SET client-output-buffer-limit "foo 1 2 3"
    1 CONFIG SET client-output-buffer-limit "pubsub a 2 3"
    1 CONFIG SET client-output-buffer-limit "normal 0 0 0 replica 1mb 2mb 3 pubsub 32mb 8mb 60"
    1 CONFIG GET client-output-buffer-limit
    1 CONFIG SET client-output-buffer-limit "slave 256mb 64mb 60"
    1 CONFIG SET notify-keyspace-events Z
    1 CONFIG SET notify-keyspace-events KEA
    1 CONFIG GET notify-keyspace-events
    1 CONFIG SET notify-keyspace-events gxnmE
    1 CONFIG GET notify-keyspace-events
    1 CONFIG SET notify-keyspace-events ""
    1 CONFIG SET save x
    1 CONFIG SET save "900 1 300 10"
    1 CONFIG GET save
    1 CONFIG SET save ""
    1 CONFIG SET hash-max-ziplist-entries 7
    1 CONFIG GET hash-max-listpack-e*
    1 CONFIG SET hash-max-listpack-entries 512
    1 CONFIG GET nothing*
    1 CONFIG GET timeout timeout TIMEOUTX
    1 CONFIG GET TIMEOUT
    1 HELLO 3
    1 CONFIG GET timeout
    1 CONFIG HELP
    1 CONFIG REWRITE
    1 CONFIG SET timeout 0
  `,
  'what is known of commands': `
    1 COMMAND COUNT x
    1 COMMAND INFO foo get
    1 COMMAND GETKEYS
    1 COMMAND GETKEYS GET
    1 COMMAND GETKEYS FOO a
    1 COMMAND GETKEYS PING x
    1 COMMAND GETKEYS GET a b
    1 COMMAND GETKEYS SET a b
    1 COMMAND GETKEYS MSET a 1 b 2
    1 COMMAND GETKEYS LMPOP 2 a b LEFT
    1 COMMAND GETKEYS LMPOP x a b LEFT
    1 COMMAND GETKEYS BLPOP a b c 0
    1 COMMAND GETKEYSANDFLAGS GETSET a b
    1 COMMAND GETKEYSANDFLAGS LMOVE a b LEFT RIGHT
    1 COMMAND GETKEYS CLIENT SETNAME a
    1 COMMAND GETKEYS OBJECT ENCODING a
    1 COMMAND DOCS foo
    1 COMMAND LIST FILTERBY foo
    1 COMMAND LIST FILTERBY ACLCAT foo
    1 COMMAND LIST FILTERBY MODULE foo
    1 COMMAND LIST FILTERBY PATTERN rename
    1 COMMAND LIST FILTERBY PATTERN RENAME
    1 COMMAND HELP
    1 OBJECT HELP
    1 PUBSUB HELP
    1 HELLO 3
    1 COMMAND INFO get set lmpop
    1 COMMAND GETKEYSANDFLAGS GETSET a b
  `,
}

sessionsSuite('sessions', SESSIONS)
