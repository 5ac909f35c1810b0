import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeWithRedis } from '../../../support/describe-with-redis.js';

const PROGRAM = fileURLToPath(new URL('support/idle-program.ts', import.meta.url));

describeWithRedis('a process with connections to Redis that nobody needs', (server) => {
  it.each(['ioredis', 'node-redis'])('ends by itself, with %s', async (library) => {
    const child = spawn(execPath, ['--import', 'tsx', PROGRAM, library, String(server().port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let told = '';
      child.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
      const [code] = (await once(child, 'close')) as [number];
      expect([code, told]).toEqual([0, 'done\n']);
    } finally {
      child.kill();
    }
  });
});
