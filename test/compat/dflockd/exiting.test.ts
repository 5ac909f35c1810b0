import { expect, it } from 'vitest';
import { describeWithDflockd } from '../../support/dflockd-server.js';
import { runProgram } from '../../support/run-program.js';

const PROGRAM = 'test/compat/dflockd/support/exiting.ts';

describeWithDflockd('a program with the drop-in client', (server) => {
  it('is over when it has given all back', async () => {
    const ended = await runProgram(PROGRAM, String(server().port));
    expect(ended).toEqual({ code: 0, out: 'done\n', errors: '' });
  });
});
