import { expect, it } from 'vitest';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { runProgram } from '../../../support/run-program.js';

const PROGRAM = 'test/backends/redis/wire/support/idle-program.ts';

describeWithRedis('a process with connections to Redis that nobody needs', (server) => {
  it.each(['ioredis', 'node-redis'])('ends by itself, with %s', async (library) => {
    const ended = await runProgram(PROGRAM, library, String(server().port));
    expect(ended).toEqual({ code: 0, out: 'done\n', errors: '' });
  });
});
