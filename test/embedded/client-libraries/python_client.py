"""What users of Python's redis do: prints a line of JSON for each session, the name of which comes first.

usage: python_client.py URL PREFIX
"""
import json
import sys
import threading

import redis

url, prefix = sys.argv[1:]
client = redis.Redis.from_url(url, decode_responses=True, client_name='shop')


def key(name):
    return prefix + name


def tell(session, *facts):
    print(json.dumps([session, *facts]), flush=True)


def strings():
    return (client.set(key('s'), 'v', ex=100, nx=True), client.set(key('s'), 'w', nx=True), client.get(key('s')),
            99 <= client.ttl(key('s')) <= 100, client.incr(key('n'), 5), client.incrbyfloat(key('n'), 0.5))


def collections():
    client.hset(key('h'), mapping={'a': 1, 'b': 'two'})
    client.rpush(key('l'), 'a', 'b', 'c')
    client.sadd(key('set'), 'x', 'y')
    client.zadd(key('z'), {'one': 1, 'more': 2.5})
    return (client.hgetall(key('h')), client.lrange(key('l'), 0, -1), sorted(client.smembers(key('set'))),
            client.zrange(key('z'), 0, -1, withscores=True), client.lpos(key('l'), 'c'),
            client.zrangebyscore(key('z'), '(1', 'inf'), client.zadd(key('z'), {'one': 7}, xx=True, ch=True))


def errors():
    try:
        client.lpush(key('s'), 'x')
    except redis.ResponseError as error:
        return (str(error).split(' ')[0],)


def binary():
    raw = redis.Redis.from_url(url)
    raw.set(key('bytes'), bytes(range(256)))
    return (raw.get(key('bytes')) == bytes(range(256)),)


def pipelines():
    with client.pipeline(transaction=False) as pipe:
        plain = pipe.set(key('p'), 1).incr(key('p')).get(key('p')).execute()
    with client.pipeline() as pipe:
        whole = pipe.set(key('p'), 1).incr(key('p')).execute()
    return (plain, whole)


def transactions():
    attempts = []

    def add(pipe):
        value = int(pipe.get(key('t')) or 0)
        attempts.append(value)
        if len(attempts) == 1:
            client.incr(key('t'))
        pipe.multi()
        pipe.set(key('t'), value + 10)

    return (client.transaction(add, key('t')), attempts)


def scripts():
    add = client.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1]) * 2")
    return (add(keys=[key('lua')], args=[4]), add(keys=[key('lua')], args=[1]), client.script_exists(add.sha))


def locks():
    lock = client.lock(key('lock'), timeout=10)
    other = client.lock(key('lock'), timeout=10, blocking=False)
    facts = [lock.acquire(), other.acquire(), lock.owned(), lock.extend(10), lock.reacquire()]
    lock.release()
    facts += [other.acquire(), other.locked()]
    other.release()
    try:
        other.release()
    except redis.exceptions.LockError:
        facts.append('released already')
    return tuple(facts)


def blocking():
    found = []
    other = redis.Redis.from_url(url, decode_responses=True)
    thread = threading.Thread(target=lambda: found.append(other.blpop([key('queue'), key('none')], timeout=10)))
    thread.start()
    client.rpush(key('queue'), 'job')
    thread.join()
    return (found[0][1], client.brpop(key('queue'), timeout=0.01), client.bzpopmin(key('zqueue'), timeout=0.01))


def channels():
    subscriber = client.pubsub(ignore_subscribe_messages=False)
    subscriber.subscribe(key('news'))
    subscriber.psubscribe(key('log.*'))
    kinds = [subscriber.get_message(timeout=5)['type'] for _ in range(2)]
    receivers = [client.publish(key('news'), 'hello'), client.publish(key('log.x'), 'line')]
    messages = [subscriber.get_message(timeout=5) for _ in range(2)]
    subscriber.unsubscribe()
    subscriber.punsubscribe()
    kinds += [subscriber.get_message(timeout=5)['type'] for _ in range(2)]
    subscriber.close()
    return (kinds, receivers, [[message['type'], message['data']] for message in messages])


def scans():
    client.mset({key('scan:%d' % i): i for i in range(300)})
    client.hset(key('big'), mapping={'f%d' % i: i for i in range(700)})
    found = set(client.scan_iter(match=key('scan:*'), count=40))
    fields = dict(client.hscan_iter(key('big'), count=40))
    return (len(found), len(fields), sorted(client.sscan_iter(key('set'))), sorted(client.zscan_iter(key('z'))))


def streams():
    client.xgroup_create(key('events'), 'workers', id='$', mkstream=True)
    made = client.xadd(key('events'), {'kind': 'made'})
    (name, entries), = client.xreadgroup('workers', 'w1', {key('events'): '>'}, count=5, block=10)
    pending = client.xpending(key('events'), 'workers')
    claimed = client.xautoclaim(key('events'), 'workers', 'w2', 0)
    details = client.xpending_range(key('events'), 'workers', '-', '+', 10)
    return (name == key('events'), entries == [(made, {'kind': 'made'})], pending['pending'], len(claimed[1]),
            details[0]['consumer'], client.xack(key('events'), 'workers', made),
            client.xinfo_stream(key('events'))['length'], len(client.xinfo_groups(key('events'))))


def introspection():
    mine = [one for one in client.client_list() if one['name'] == 'shop']
    info = client.info()
    mode = info['redis_mode'] if 'redis_mode' in info else info['server_mode']  # the latter is Valkey's
    return (client.client_getname(), len(mine) >= 1, mode, client.ping(), client.echo('x'),
            client.config_get('maxclients') != {}, client.type(key('z')), client.object('encoding', key('n')),
            client.command_count() > 200, 'get' in client.command(), client.time()[0] > 0)


for session in (strings, collections, errors, binary, pipelines, transactions, scripts, locks, blocking, channels, scans,
                streams, introspection):
    tell(session.__name__, *session())
