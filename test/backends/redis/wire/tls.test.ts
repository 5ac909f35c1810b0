import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { lastValueFrom } from 'rxjs';
import { afterEach, expect, it, vi } from 'vitest';
import { redis } from '../../../../src/backends/redis/index.js';
import { LockNetworkError } from '../../../../src/index.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { TEST_TLS } from '../../../support/dflockd-tls.js';
import { anyName, RedisUser } from '../locks/support/redis-user.js';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('support/trusting-program.ts', import.meta.url));
const ca = TEST_TLS.cert;

// Other processes take their time to start on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

describeWithRedis(
  'a Redis that speaks TLS, with a certificate of its own authority',
  (server) => {
    afterEach(() => RedisUser.closeAll());

    it.each([
      ['ioredis', () => new Redis({ host: 'localhost', port: server().port, lazyConnect: true, tls: { ca } })],
      ['node-redis', () => createClient({ socket: { host: 'localhost', port: server().port, tls: true, ca } })],
    ] as const)('has locks for who knows the authority, and messages for who waits, through %s', async (_, connect) => {
      const name = anyName();
      const [one, two] = [new RedisUser(connect()), new RedisUser(connect(), { tracking: true })];
      const { grant } = await one.acquire(name);
      const waiting = await two.queue(name);
      await one.release(grant);
      await expect(two.renew((await waiting.granted()).grant)).resolves.toMatchObject({ outcome: 'renewed' });
    });

    it('is not trusted without it', async () => {
      const service = redis(server().url);
      const error: unknown = await lastValueFrom(service.ping(), { defaultValue: undefined }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(LockNetworkError);
      expect((error as Error).message).toContain('self-signed certificate');
      await service.close();
    });

    it('is trusted by a URL where the process knows the authority', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'rxlock-ca-'));
      try {
        const file = join(folder, 'ca.pem');
        await writeFile(file, ca);
        const url = server().url.replace('127.0.0.1', 'localhost');
        const told = async (more: NodeJS.ProcessEnv): Promise<string> =>
          (await run(execPath, ['--import', 'tsx', PROGRAM, url], { env: { ...env, ...more }, timeout: 50_000 }))
            .stdout;
        expect(await told({ NODE_EXTRA_CA_CERTS: file })).toBe('trusted\n');
        expect(await told({})).toContain('self-signed certificate');
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  },
  { tls: TEST_TLS },
);
