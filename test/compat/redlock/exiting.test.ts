import { expect, it } from 'vitest';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { runProgram } from '../../support/run-program.js';

const PROGRAM = 'test/compat/redlock/support/exiting.ts';

describeWithRedis('a program with the drop-in for redlock', (server) => {
  it('is over when it has ended its own client', async () => {
    const ended = await runProgram(PROGRAM, String(server().port));
    expect(ended).toEqual({ code: 0, out: 'done\n', errors: '' });
  });
});
