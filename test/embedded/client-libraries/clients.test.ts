import { describeOnEachRedis } from '../../helpers/backends.ts'
import { ioredisSuite } from './ioredis.suite.ts'
import { nodeRedisSuite } from './node-redis.suite.ts'
import { pythonSuite } from './python.suite.ts'
import { redisCliSuite } from './redis-cli.suite.ts'

describeOnEachRedis('ioredis', ioredisSuite)
describeOnEachRedis('node-redis', nodeRedisSuite)
describeOnEachRedis('redis-cli', redisCliSuite)
describeOnEachRedis("Python's redis", pythonSuite)
