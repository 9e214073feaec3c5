"""A stand-in for the Rust crate redis_ipc 0.1.3, written from its wire: each end of its queue, cache and event stream.

usage: redis_ipc_peer.py publish URL QUEUE CONTENT...  LPUSHes tasks, one uuid a line
       redis_ipc_peer.py read URL QUEUE N              BRPOPs N tasks, one content a line
       redis_ipc_peer.py set URL CACHE FIELD CONTENT   HSETs an entry (no TTL: Redis before 7.4 has none for fields)
       redis_ipc_peer.py bget URL CACHE FIELD          polls for an entry every 50 ms, prints its content
       redis_ipc_peer.py emit URL STREAM CONTENT       XADDs an event with the id 42, as the crate does
       redis_ipc_peer.py follow URL STREAM N           XREADs N events from the beginning, one content a line
CONTENT is JSON.
"""
import json
import sys
import time
import uuid

import redis


def compact(value):
    return json.dumps(value, separators=(',', ':'), ensure_ascii=False)


def say(value):
    print(compact(value), flush=True)


def publish(server, queue, *contents):
    for content in contents:
        task = str(uuid.uuid4())
        server.lpush(queue, compact({'uuid': task, 'content': json.loads(content)}))
        say(task)


def read(server, queue, count):
    for _ in range(int(count)):
        popped = server.brpop([queue], timeout=10)
        assert popped is not None, 'time-out'
        task = json.loads(popped[1])
        # The crate's own struct: both are there, and the first is a version 4 UUID.
        assert uuid.UUID(task['uuid']).version == 4
        say(task['content'])


def set_(server, cache, field, content):
    entry = {'timestamp': int(time.time() * 1000), 'content': json.loads(content)}
    server.hset(cache, field, compact(entry))


def bget(server, cache, field):
    for _ in range(200):
        text = server.hget(cache, field)
        if text is not None:
            entry = json.loads(text)
            assert isinstance(entry['timestamp'], int)
            say(entry['content'])
            return
        time.sleep(0.05)
    raise AssertionError('time-out')


def emit(server, stream, content):
    say(server.xadd(stream, {'content': compact(json.loads(content))}, id='42-0').decode())


def follow(server, stream, count):
    last = '0-0'
    for _ in range(int(count)):
        reply = server.xread({stream: last}, count=1, block=10000)
        assert reply, 'time-out'
        [[_, [[last, fields]]]] = reply
        say(json.loads(fields[b'content']))


if __name__ == '__main__':
    what, url, *args = sys.argv[1:]
    commands = {'publish': publish, 'read': read, 'set': set_, 'bget': bget, 'emit': emit, 'follow': follow}
    commands[what](redis.Redis.from_url(url), *args)
