import { execFile } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, vi } from 'vitest';
import { describeWithRedis } from '../../../support/describe-with-redis.js';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('support/without-packages.ts', import.meta.url));

// Other processes take their time to start on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

describeWithRedis('a URL of Redis', (server) => {
  it.each([
    [['ioredis', 'redis'], /^LockConfigError: .*'ioredis' or 'redis'.*npm install ioredis\n$/],
    [['ioredis'], /^acquired\n$/],
    [['redis'], /^acquired\n$/],
  ])('says what to install, if it needs it: without %j', async (missing, told) => {
    const args = ['--import', 'tsx', PROGRAM, server().url, ...missing];
    const { stdout } = await run(execPath, args, { timeout: 50_000 });
    expect(stdout).toMatch(told);
  });
});
