"""A stand-in for the Python original of redis-rpc, written from its wire: a client, a server and a look at heartbeats.

usage: redis_rpc_peer.py client URL PREFIX            calls, one JSON line a result
       redis_rpc_peer.py server URL PREFIX KIND ID N  serves N calls, then ends
       redis_rpc_peer.py online URL PREFIX KIND [ID]  prints who lives
"""
import json
import math
import sys
import threading
import time
import traceback
from datetime import datetime
from uuid import uuid4

import redis


def push(connection, key, message, seconds):
    pipe = connection.pipeline()  # a MULTI
    pipe.rpush(key, json.dumps(message).encode())
    pipe.expire(key, seconds)
    pipe.execute()


def call(connection, prefix, name, **kw):
    call_id = str(uuid4())
    message = {'id': call_id, 'ts': datetime.now().isoformat(), 'kw': kw}
    push(connection, '%s:%s:calls' % (prefix, name), message, 120)
    results = '%s:%s:result:%s' % (prefix, name, call_id)
    deadline = time.time() + 10
    popped = None
    while popped is None:
        left = deadline - time.time()
        assert left > 0, 'no result'
        popped = connection.blpop([results], math.ceil(min(1, left)))
    assert popped[0].decode() == results
    assert connection.llen(results) == 0, 'more than one result'
    result = json.loads(popped[1].decode())
    datetime.strptime(result['ts'], '%Y-%m-%dT%H:%M:%S.%fZ')
    if result.get('err'):
        has_traceback = name in (result.get('err_traceback') or '')
        return {'err': result['err'], 'has_traceback': has_traceback}
    # Go takes any err for a failure, even an empty one.
    assert 'err' not in result
    return {'res': result.get('res')}


def client(connection, prefix):
    for name, kw in [
        ('add', {'a': 1, 'b': 2.5}),
        ('echo', {'value': 'J\u00f6rg \u2603 \U0001f600'}),
        ('echo', {'value': {'deep': [1, None, True, {'x': ''}]}}),
        ('nothing', {}),
        ('boom', {}),
        ('silent', {}),
        ('later', {'value': 7}),
        ('zero', {}),
    ]:
        print(json.dumps([name, call(connection, prefix, name, **kw)]))


VALUES = {}


def put(k, v):
    VALUES[k] = v


def get(k):
    return VALUES[k]


def nan():
    return float('nan')


def rotated(names, places):
    places = places % len(names)
    return names[places:] + names[:places]


def server(connection, prefix, kind, server_id, count):
    functions = {'put': put, 'get': get, 'nan': nan}
    queues = {('%s:%s:calls' % (prefix, name)).encode(): name for name in functions}
    names = sorted(queues)
    running = True

    def heartbeat():
        while running:
            connection.set('%s:%s:%s:alive' % (prefix, kind, server_id), 1, ex=4)
            time.sleep(0.05)

    thread = threading.Thread(target=heartbeat)
    thread.start()
    print('listening', flush=True)
    served = pops = 0
    while served < count:
        popped = connection.blpop(rotated(names, pops), 1)
        pops += 1
        if popped is None:
            continue
        name = queues[popped[0]]
        request = json.loads(popped[1].decode())
        key = '%s:%s:result:%s' % (prefix, name, request['id'])
        message = {'ts': datetime.now().isoformat()}
        try:
            message.update(res=functions[name](**request.get('kw', {})), verbose=False)
        except Exception as e:
            lines = traceback.format_exc().split('\n', 1)
            message.update(err='%s: %s' % (type(e).__name__, e), err_traceback=lines[1])
        push(connection, key, message, 120)
        served += 1
    running = False
    thread.join()


def online(connection, prefix, kind, server_id=None):
    if server_id is not None:
        print(json.dumps(bool(connection.get('%s:%s:%s:alive' % (prefix, kind, server_id)))))
        return
    keys = connection.scan_iter(match='%s:%s:*:alive' % (prefix, kind))
    print(json.dumps(sorted(key.decode().split(':')[-2] for key in keys)))


def main():
    role, url, *rest = sys.argv[1:]
    connection = redis.Redis.from_url(url, socket_timeout=10)
    if role == 'server':
        server(connection, *rest[:3], int(rest[3]))
    else:
        {'client': client, 'online': online}[role](connection, *rest)


main()
