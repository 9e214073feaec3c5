"""A stand-in for the Python original of RedisRPC, written from its wire: a client and a server of the calculator.

usage: redisrpc_peer.py client URL QUEUE     calls, one JSON line a result
       redisrpc_peer.py server URL QUEUE N   serves N requests, then ends
"""
import json
import random
import string
import sys

import redis


class Calculator:
    def __init__(self):
        self.value = 0.0

    def clr(self):
        self.value = 0.0

    def add(self, number):
        self.value += number
        return self.value

    def sub(self, number):
        self.value -= number
        return self.value

    def mul(self, number):
        self.value *= number
        return self.value

    def div(self, number):
        self.value /= number
        return self.value

    def val(self):
        return self.value

    def greet(self, name, greeting='hello'):
        return '%s %s' % (greeting, name)

    def nan(self):
        return float('nan')


def call(connection, queue, name, *args, **kwargs):
    alphabet = string.ascii_uppercase + string.digits
    replies = queue + ':rpc:' + ''.join(random.choice(alphabet) for _ in range(8))
    function_call = {'name': name}
    if args:
        function_call['args'] = args
    if kwargs:
        function_call['kwargs'] = kwargs
    connection.rpush(queue, json.dumps({'function_call': function_call, 'response_queue': replies}))
    popped = connection.blpop(replies, 10)
    assert popped is not None, 'no reply'
    assert popped[0].decode() == replies
    assert connection.llen(replies) == 0, 'more than one reply'
    reply = json.loads(popped[1])
    if 'exception' in reply and reply['exception'] is not None:
        assert 'return_value' not in reply
        return {'exception': reply['exception']}
    assert 'return_value' in reply, 'malformed'
    return {'value': reply['return_value']}


def client(connection, queue):
    session = [('clr', ()), ('add', (5,)), ('sub', (3,)), ('mul', (4,)), ('div', (2,)), ('val', ()), ('div', (0,)), ('nope', ())]
    for name, args in session:
        print(json.dumps([name, call(connection, queue, name, *args)]))
    print(json.dumps(['greet', call(connection, queue, 'greet', 'J\u00f6rg \u2603', greeting='hi')]))


def server(connection, queue, count):
    connection.delete(queue)
    target = Calculator()
    print('listening', flush=True)
    for _ in range(count):
        _, text = connection.blpop(queue)
        request = json.loads(text)
        function_call = request['function_call']
        try:
            method = getattr(target, function_call['name'])
            value = method(*function_call.get('args', []), **function_call.get('kwargs', {}))
            reply = {'return_value': value}
        except Exception as exception:
            reply = {'exception': repr(exception)}
        connection.rpush(request['response_queue'], json.dumps(reply))


if __name__ == '__main__':
    role, url, queue = sys.argv[1:4]
    connection = redis.Redis.from_url(url)
    if role == 'client':
        client(connection, queue)
    else:
        server(connection, queue, int(sys.argv[4]))
