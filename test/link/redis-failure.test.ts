import { expect } from 'chai'
import { Redis } from 'ioredis'
import { readFailure, toCallerError } from '../../lib/link/redis-failure.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'

function replyError(message: string, previousErrors?: readonly Error[]): Error {
  return Object.assign(new Error(message), { name: 'ReplyError', previousErrors })
}

describe('what a rejected command means', () => {
  const takenNothing = [
    'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
    'CLUSTERDOWN The cluster is down',
    'ERR max number of clients reached',
    'ERR max number of clients + cluster connections reached',
    'LOADING Redis is loading the dataset in memory',
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.',
    'NOREPLICAS Not enough good replicas to write.',
    "OOM command not allowed when used memory > 'maxmemory'.",
    "OOM command not allowed when used memory > 'maxmemory'. script: 6d2a, on @user_script:1.",
    "ERR Error running script (call to f_6d2a): @user_script:1: @user_script: 1: -OOM command not allowed when used memory > 'maxmemory'.",
    "EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.",
    'EXECABORT Transaction discarded because of: NOREPLICAS Not enough good replicas to write.',
    'TRYAGAIN Multiple keys request during rehashing of slot',
  ]
  for (const message of takenNothing) {
    it(`nothing was taken, to be offered again: ${message.slice(0, 90)}`, () => {
      expect(readFailure(replyError(message))).to.equal('busy')
    })
  }

  for (const message of [
    'BUSYGROUP Consumer Group name already exists',
    'BUSYKEY Target key name already exists.',
    'NOPERM no permissions',
    'WRONGTYPE Operation against a key holding the wrong kind of value',
    "ERR value is not an integer, said -OOM and 'maxmemory'",
  ]) {
    it(`for good: ${message}`, () => {
      expect(readFailure(replyError(message))).to.equal('refused')
    })
  }

  it('nothing is known when what was thrown is no error', () => {
    for (const thrown of ['NOPERM no permissions', undefined, 5]) expect(readFailure(thrown)).to.equal('lost')
  })

  it('a transaction is refused for the reason of the command that was', () => {
    const discarded = (reason: string): Error =>
      replyError('EXECABORT Transaction discarded because of previous errors.', [replyError(reason)])
    expect(readFailure(discarded('OOM command not allowed'))).to.equal('busy')
    expect(readFailure(discarded("READONLY You can't write against a read only replica."))).to.equal('moved')
    expect(readFailure(discarded('NOPERM no permissions'))).to.equal('refused')
    expect(toCallerError(discarded('NOPERM no permissions'), 'push').message).to.equal(
      'push: Redis refused: NOPERM no permissions',
    )
  })

  it('a plain URL of a cluster gets the form to use', () => {
    expect(toCallerError(replyError('MOVED 866 10.0.0.7:7002'), 'push to calc').message).to.equal(
      'push to calc: Redis refused: MOVED 866 10.0.0.7:7002 (it is a node of a Redis Cluster: use redis-cluster://10.0.0.7:7002, more nodes after commas)',
    )
  })

  it('a refusal is known by its words where a minifier has renamed the class that ioredis 5 names it after', () => {
    for (const message of [
      'NOPERM no permissions',
      'WRONGTYPE Operation against a key',
      'ERR wrong number of arguments',
    ]) {
      expect(readFailure(Object.assign(new Error(message), { name: 'x' }))).to.equal('refused')
    }
    for (const message of [
      'read ECONNRESET',
      'connect ETIMEDOUT',
      'Command timed out',
      'Command aborted due to connection close',
    ]) {
      expect(readFailure(Object.assign(new Error(message), { name: 'x' }))).to.equal('lost')
    }
  })

  it('no connection: it is not known what happened, unless it was never sent', () => {
    expect(readFailure(new Error('Connection is closed.'))).to.equal('lost')
    expect(readFailure(new Error('Cluster is ended.'))).to.equal('busy')
    expect(readFailure(new Error("Stream isn't writeable and enableOfflineQueue options is false"))).to.equal('busy')
  })

  describe('from a Redis that is out of memory, or lacks its replicas', () => {
    let process: RedisProcess
    let redis: Redis
    before(async function () {
      needRedisServer.call(this)
      process = await RedisProcess.start([])
      redis = new Redis(process.url)
    })
    after(async () => {
      await redis?.quit()
      await process?.close()
    })

    for (const [parameter, refusing, restored] of [
      ['maxmemory', '1', '0'],
      ['min-replicas-to-write', '1', '0'],
    ] as const) {
      it(`${parameter}: commands, transactions and scripts are refused before they did anything`, async () => {
        await redis.config('SET', parameter, refusing)
        const script = "redis.call('SET', KEYS[1], 'a') redis.call('SET', KEYS[2], 'b')"
        const refused = await Promise.allSettled([
          redis.rpush('list', 'a'),
          redis.multi().rpush('list', 'a').expire('list', 5).exec(),
          redis.eval(script, 2, 'one', 'two'),
        ])
        await redis.config('SET', parameter, restored)
        expect(refused.map((each) => each.status)).to.deep.equal(['rejected', 'rejected', 'rejected'])
        for (const each of refused) {
          expect(
            readFailure((each as PromiseRejectedResult).reason),
            String((each as PromiseRejectedResult).reason),
          ).to.equal('busy')
        }
        expect(await redis.dbsize()).to.equal(0)
      })
    }
  })
})
