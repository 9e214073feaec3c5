import type { AnyCommand } from '../catalog/facts.ts'
import { acl } from './acl.ts'
import { bitcount, bitpos, getbit, setbit } from './bit.ts'
import { bitfield, bitfield_ro } from './bit-field.ts'
import { bitop } from './bit-op.ts'
import { clientContainer } from './client.ts'
import { asking, cluster, readonly, readwrite } from './cluster.ts'
import { commandContainer } from './command-info.ts'
import { config } from './config.ts'
import { auth, echo, hello, ping, quit, reset, select } from './connection.ts'
import { decr, decrby, incr, incrby, incrbyfloat } from './counter.ts'
import { debug } from './debug.ts'
import { dump, restore } from './dump.ts'
import { eval_ro, evalCommand, evalsha, evalsha_ro } from './eval.ts'
import { expire, expireat, expiretime, persist, pexpire, pexpireat, pexpiretime, pttl, ttl } from './expire.ts'
import { functionContainer } from './function.ts'
import { geoadd, geodist, geohash, geopos } from './geo.ts'
import {
  georadius,
  georadius_ro,
  georadiusbymember,
  georadiusbymember_ro,
  geosearch,
  geosearchstore,
} from './geo-search.ts'
import {
  hdel,
  hexists,
  hget,
  hgetall,
  hincrby,
  hincrbyfloat,
  hkeys,
  hlen,
  hmget,
  hmset,
  hset,
  hsetnx,
  hstrlen,
  hvals,
} from './hash.ts'
import { hexpire, hexpireat, hpexpire, hpexpireat } from './hash-expire.ts'
import { hrandfield } from './hash-random.ts'
import { hexpiretime, hpersist, hpexpiretime, hpttl, httl } from './hash-ttl.ts'
import { pfadd, pfcount, pfmerge } from './hyperloglog.ts'
import { pfdebug } from './hyperloglog-debug.ts'
import { info } from './info.ts'
import { copy, del, exists, move, randomkey, rename, renamenx, touch, type, unlink } from './key.ts'
import { latency } from './latency.ts'
import { lcs } from './lcs.ts'
import { lindex, linsert, llen, lpop, lpush, lpushx, lrange, lrem, lset, ltrim, rpop, rpush, rpushx } from './list.ts'
import { blmove, blmpop, blpop, brpop, brpoplpush } from './list-blocking.ts'
import { lmove, lmpop, rpoplpush } from './list-move.ts'
import { lpos } from './list-position.ts'
import { memory } from './memory.ts'
import { moduleContainer } from './module.ts'
import { object } from './object.ts'
import { bgrewriteaof, bgsave, lastsave, save } from './persistence.ts'
import {
  psubscribe,
  publish,
  punsubscribe,
  spublish,
  ssubscribe,
  subscribe,
  sunsubscribe,
  unsubscribe,
} from './pubsub.ts'
import { pubsub } from './pubsub-info.ts'
import { failover, replicaof, role, slaveof, wait } from './replication.ts'
import { hscan, keys, scan } from './scan.ts'
import { sscan, zscan } from './scan-sets.ts'
import { script } from './script.ts'
import { dbsize, flushall, flushdb, lolwut, monitor, shutdown, swapdb, time } from './server.ts'
import { sadd, scard, sismember, smembers, smismember, smove, srem } from './set.ts'
import { sdiff, sdiffstore, sinter, sintercard, sinterstore, sunion, sunionstore } from './set-algebra.ts'
import { spop, srandmember } from './set-random.ts'
import { slowlog } from './slowlog.ts'
import { sort, sort_ro } from './sort.ts'
import { zadd, zcard, zincrby, zmscore, zrank, zrem, zrevrank, zscore } from './sorted-set.ts'
import { zdiff, zdiffstore, zinter, zintercard, zinterstore, zunion, zunionstore } from './sorted-set-algebra.ts'
import { zcount, zlexcount, zremrangebylex, zremrangebyrank, zremrangebyscore } from './sorted-set-part.ts'
import { bzmpop, bzpopmax, bzpopmin, zmpop, zpopmax, zpopmin } from './sorted-set-pop.ts'
import { zrandmember } from './sorted-set-random.ts'
import {
  zrange,
  zrangebylex,
  zrangebyscore,
  zrangestore,
  zrevrange,
  zrevrangebylex,
  zrevrangebyscore,
} from './sorted-set-range.ts'
import { xadd, xdel, xlen } from './stream.ts'
import { xautoclaim, xclaim } from './stream-claim.ts'
import { xgroup } from './stream-group.ts'
import { xinfo } from './stream-info.ts'
import { xack, xpending } from './stream-pending.ts'
import { xrange, xrevrange } from './stream-range.ts'
import { xread, xreadgroup } from './stream-read.ts'
import { xsetid } from './stream-setid.ts'
import { xtrim } from './stream-trim.ts'
import { get, getdel, getex, getset, psetex, set, setex, setnx } from './string.ts'
import { mget, mset, msetnx } from './string-many.ts'
import { append, getrange, setrange, strlen, substr } from './string-range.ts'
import { discard, exec, multi, unwatch, watch } from './transaction.ts'

/** Every command that the server knows. A new one is added here, and nowhere else but in its own file. */
export const COMMANDS: readonly AnyCommand[] = [
  // connection
  ping,
  echo,
  select,
  quit,
  reset,
  auth,
  hello,
  // client
  clientContainer,
  // command-info
  commandContainer,
  // server
  time,
  dbsize,
  flushdb,
  flushall,
  swapdb,
  monitor,
  shutdown,
  lolwut,
  // replication
  role,
  wait,
  replicaof,
  slaveof,
  failover,
  // cluster
  cluster,
  readonly,
  readwrite,
  asking,
  // slowlog
  slowlog,
  // latency
  latency,
  // module
  moduleContainer,
  // persistence
  save,
  bgsave,
  bgrewriteaof,
  lastsave,
  // config
  config,
  // acl
  acl,
  // debug
  debug,
  // memory
  memory,
  // info
  info,
  // object
  object,
  // transaction
  multi,
  exec,
  discard,
  watch,
  unwatch,
  // pubsub
  subscribe,
  psubscribe,
  ssubscribe,
  unsubscribe,
  punsubscribe,
  sunsubscribe,
  publish,
  spublish,
  // pubsub-info
  pubsub,
  // key
  del,
  unlink,
  exists,
  touch,
  type,
  randomkey,
  rename,
  renamenx,
  move,
  copy,
  // dump
  dump,
  restore,
  // expire
  expire,
  pexpire,
  expireat,
  pexpireat,
  ttl,
  pttl,
  expiretime,
  pexpiretime,
  persist,
  // scan
  keys,
  scan,
  hscan,
  // string
  get,
  set,
  setnx,
  setex,
  psetex,
  getset,
  getdel,
  getex,
  // lcs
  lcs,
  // string-many
  mget,
  mset,
  msetnx,
  // string-range
  strlen,
  append,
  setrange,
  getrange,
  substr,
  // counter
  incr,
  decr,
  incrby,
  decrby,
  incrbyfloat,
  // list
  lpush,
  rpush,
  lpushx,
  rpushx,
  lpop,
  rpop,
  llen,
  lindex,
  lset,
  lrange,
  ltrim,
  lrem,
  linsert,
  // list-position
  lpos,
  // list-move
  lmove,
  rpoplpush,
  lmpop,
  // list-blocking
  blpop,
  brpop,
  blmpop,
  blmove,
  brpoplpush,
  // hash
  hset,
  hmset,
  hsetnx,
  hget,
  hmget,
  hgetall,
  hkeys,
  hvals,
  hlen,
  hexists,
  hstrlen,
  hdel,
  hincrby,
  hincrbyfloat,
  // hash-random
  hrandfield,
  // scan-sets
  sscan,
  zscan,
  // set
  sadd,
  srem,
  smembers,
  sismember,
  smismember,
  scard,
  smove,
  // set-algebra
  sinter,
  sinterstore,
  sintercard,
  sunion,
  sunionstore,
  sdiff,
  sdiffstore,
  // set-random
  spop,
  srandmember,
  // sort
  sort,
  sort_ro,
  // sorted-set
  zadd,
  zincrby,
  zrem,
  zcard,
  zscore,
  zmscore,
  zrank,
  zrevrank,
  // sorted-set-algebra
  zunion,
  zinter,
  zdiff,
  zunionstore,
  zinterstore,
  zdiffstore,
  zintercard,
  // sorted-set-part
  zcount,
  zlexcount,
  zremrangebyrank,
  zremrangebyscore,
  zremrangebylex,
  // sorted-set-pop
  zpopmin,
  zpopmax,
  bzpopmin,
  bzpopmax,
  zmpop,
  bzmpop,
  // sorted-set-random
  zrandmember,
  // sorted-set-range
  zrange,
  zrangestore,
  zrevrange,
  zrangebyscore,
  zrevrangebyscore,
  zrangebylex,
  zrevrangebylex,
  // stream
  xadd,
  xlen,
  xdel,
  // stream-trim
  xtrim,
  // stream-range
  xrange,
  xrevrange,
  // stream-read
  xread,
  xreadgroup,
  // stream-group
  xgroup,
  // stream-pending
  xack,
  xpending,
  // stream-claim
  xclaim,
  xautoclaim,
  // stream-info
  xinfo,
  // stream-setid
  xsetid,
  // eval
  evalCommand,
  evalsha,
  eval_ro,
  evalsha_ro,
  // script
  script,
  // function
  functionContainer,
  // bit
  setbit,
  getbit,
  bitcount,
  bitpos,
  // bit-op
  bitop,
  // bit-field
  bitfield,
  bitfield_ro,
  // geo
  geoadd,
  geodist,
  geohash,
  geopos,
  // geo-search
  geosearch,
  geosearchstore,
  georadius,
  georadius_ro,
  georadiusbymember,
  georadiusbymember_ro,
  // hyperloglog
  pfadd,
  pfcount,
  pfmerge,
  // hyperloglog-debug
  pfdebug,
  // hash-expire
  hexpire,
  hpexpire,
  hexpireat,
  hpexpireat,
  // hash-ttl
  httl,
  hpttl,
  hexpiretime,
  hpexpiretime,
  hpersist,
]
