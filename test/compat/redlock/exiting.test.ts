import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeWithRedis } from '../../support/describe-with-redis.js';

const PROGRAM = fileURLToPath(new URL('support/exiting.ts', import.meta.url));

describeWithRedis('a program with the drop-in for redlock', (server) => {
  it('is over when it has ended its own client', async () => {
    const child = spawn(execPath, ['--import', 'tsx', PROGRAM, String(server().port)]);
    const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    expect({ out, errors, code: code as number }).toEqual({ out: 'done\n', errors: '', code: 0 });
  });
});
