/**
 * The commands of the server. To add one, write its constant in a file, and add its name to the
 * line of that file. Everything that is exported here is a command.
 */
export { acl } from './acl.ts'
export { bitcount, bitpos, getbit, setbit } from './bit.ts'
export { bitfield, bitfield_ro } from './bit-field.ts'
export { bitop } from './bit-op.ts'
export { clientContainer } from './client.ts'
export { asking, cluster, readonly, readwrite } from './cluster.ts'
export { commandContainer } from './command-info.ts'
export { config } from './config.ts'
export { auth, echo, hello, ping, quit, reset, select } from './connection.ts'
export { decr, decrby, incr, incrby, incrbyfloat } from './counter.ts'
export { debug } from './debug.ts'
export { dump, restore } from './dump.ts'
export { eval_ro, evalCommand, evalsha, evalsha_ro } from './eval.ts'
export { expire, expireat, expiretime, persist, pexpire, pexpireat, pexpiretime, pttl, ttl } from './expire.ts'
export { functionContainer } from './function.ts'
export { geoadd, geodist, geohash, geopos } from './geo.ts'
export {
  georadius,
  georadius_ro,
  georadiusbymember,
  georadiusbymember_ro,
  geosearch,
  geosearchstore,
} from './geo-search.ts'
export {
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
export { hexpire, hexpireat, hpexpire, hpexpireat } from './hash-expire.ts'
export { hrandfield } from './hash-random.ts'
export { hexpiretime, hpersist, hpexpiretime, hpttl, httl } from './hash-ttl.ts'
export { pfadd, pfcount, pfmerge } from './hyperloglog.ts'
export { pfdebug } from './hyperloglog-debug.ts'
export { info } from './info.ts'
export { copy, del, exists, move, randomkey, rename, renamenx, touch, type, unlink } from './key.ts'
export { latency } from './latency.ts'
export { lcs } from './lcs.ts'
export { lindex, linsert, llen, lpop, lpush, lpushx, lrange, lrem, lset, ltrim, rpop, rpush, rpushx } from './list.ts'
export { blmove, blmpop, blpop, brpop, brpoplpush } from './list-blocking.ts'
export { lmove, lmpop, rpoplpush } from './list-move.ts'
export { lpos } from './list-position.ts'
export { memory } from './memory.ts'
export { moduleContainer } from './module.ts'
export { object } from './object.ts'
export { bgrewriteaof, bgsave, lastsave, save } from './persistence.ts'
export {
  psubscribe,
  publish,
  punsubscribe,
  spublish,
  ssubscribe,
  subscribe,
  sunsubscribe,
  unsubscribe,
} from './pubsub.ts'
export { pubsub } from './pubsub-info.ts'
export { failover, replicaof, role, slaveof, wait } from './replication.ts'
export { hscan, keys, scan } from './scan.ts'
export { sscan, zscan } from './scan-sets.ts'
export { script } from './script.ts'
export { dbsize, flushall, flushdb, lolwut, monitor, shutdown, swapdb, time } from './server.ts'
export { sadd, scard, sismember, smembers, smismember, smove, srem } from './set.ts'
export { sdiff, sdiffstore, sinter, sintercard, sinterstore, sunion, sunionstore } from './set-algebra.ts'
export { spop, srandmember } from './set-random.ts'
export { slowlog } from './slowlog.ts'
export { sort, sort_ro } from './sort.ts'
export { zadd, zcard, zincrby, zmscore, zrank, zrem, zrevrank, zscore } from './sorted-set.ts'
export { zdiff, zdiffstore, zinter, zintercard, zinterstore, zunion, zunionstore } from './sorted-set-algebra.ts'
export { zcount, zlexcount, zremrangebylex, zremrangebyrank, zremrangebyscore } from './sorted-set-part.ts'
export { bzmpop, bzpopmax, bzpopmin, zmpop, zpopmax, zpopmin } from './sorted-set-pop.ts'
export { zrandmember } from './sorted-set-random.ts'
export {
  zrange,
  zrangebylex,
  zrangebyscore,
  zrangestore,
  zrevrange,
  zrevrangebylex,
  zrevrangebyscore,
} from './sorted-set-range.ts'
export { xadd, xdel, xlen } from './stream.ts'
export { xautoclaim, xclaim } from './stream-claim.ts'
export { xgroup } from './stream-group.ts'
export { xinfo } from './stream-info.ts'
export { xack, xpending } from './stream-pending.ts'
export { xrange, xrevrange } from './stream-range.ts'
export { xread, xreadgroup } from './stream-read.ts'
export { xsetid } from './stream-setid.ts'
export { xtrim } from './stream-trim.ts'
export { get, getdel, getex, getset, psetex, set, setex, setnx } from './string.ts'
export { mget, mset, msetnx } from './string-many.ts'
export { append, getrange, setrange, strlen, substr } from './string-range.ts'
export { discard, exec, multi, unwatch, watch } from './transaction.ts'
