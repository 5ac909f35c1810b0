/**
 * Every program of the four documents, with nothing changed but names, the server's address, and half a minute that is
 * some milliseconds here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { OctoStoreClient as BrowserClient } from '../../../src/compat/octostore/index.browser.js';
import {
  AuthenticationError,
  LockHeldError,
  NetworkError,
  OctoStoreClient,
  OctoStoreError,
  ValidationError,
  type AcquireResult,
  type LockInfo,
  type UserLock,
} from '../../../src/compat/octostore/index.js';
import { until } from '../../support/poll.js';
import { describeWithAll, isFree } from './support/servers.js';

/** Half of the ttl in the documents' renewal programs. */
const HALF = 30;

describeWithAll('the programs of the documents', (server) => {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  const holder = (): OctoStoreClient => new OctoStoreClient({ baseUrl: server().url, token: server().tokens.bob });
  beforeEach(() => {
    lines.length = 0;
    vi.stubEnv('OCTOSTORE_BASE_URL', server().url);
    vi.stubEnv('OCTOSTORE_TOKEN', server().tokens.alice);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  const options = () => ({ baseUrl: server().url, token: server().tokens.alice });

  /** Runs a program twice: when the lock is free, and while somebody else has it. */
  async function free(name: string, program: () => Promise<void>): Promise<string[]> {
    await program();
    expect(await isFree(server(), name)).toBe(true);
    return lines.splice(0);
  }
  async function held(name: string, program: () => Promise<void>): Promise<string[]> {
    await using other = holder();
    const { lease_id } = await other.acquireLock(name, 60);
    await program();
    // It is still his.
    await other.renewLock(name, lease_id!, 60);
    return lines.splice(0);
  }

  it('TypeScript: quick start', async () => {
    const client = new OctoStoreClient(options());
    async function main() {
      const health = await client.health();
      print(`Service status: ${health}`);
      try {
        const result = await client.acquireLock('my-resource', 300);
        print(`Lock acquired: ${result.lease_id}`);
        await client.releaseLock('my-resource', result.lease_id!);
        print('Lock released');
      } catch (error) {
        if (error instanceof LockHeldError) {
          print(`Lock is held by ${error.holder_id} until ${error.expires_at}`);
        } else {
          print(`Error: ${(error as Error).message}`);
        }
      }
    }
    expect(await free('my-resource', main)).toEqual([
      'Service status: ok',
      expect.stringMatching(/^Lock acquired: [0-9a-f-]{36}$/),
      'Lock released',
    ]);
    expect(await held('my-resource', main)).toEqual([
      'Service status: ok',
      expect.stringMatching(/^Lock is held by [\w-]+ until 20[^ ]+Z$/),
    ]);
  });

  it('TypeScript: in a browser', async () => {
    vi.stubEnv('OCTOSTORE_TOKEN', undefined);
    const client = new BrowserClient(options());
    try {
      const health = await client.health();
      print(`Service healthy: ${health}`);
      const result = await client.acquireLock('browser-lock', 120);
      print(`Lock acquired: ${result.status}`);
      await client.releaseLock('browser-lock', result.lease_id!);
    } catch (error) {
      print(`Error: ${(error as Error).message}`);
    }
    expect(lines).toEqual(['Service healthy: ok', 'Lock acquired: acquired']);
  });

  it('TypeScript: CommonJS, with a renewal', async () => {
    const client = new OctoStoreClient({
      baseUrl: process.env['OCTOSTORE_BASE_URL'] ?? 'https://api.octostore.io',
      token: process.env['OCTOSTORE_TOKEN'],
    });
    async function acquireLock() {
      try {
        const result = await client.acquireLock('my-lock', 60);
        print(`Working with lock: ${result.lease_id!.length}`);
        const renewed = await client.renewLock('my-lock', result.lease_id!, 120);
        print(`Lock renewed until: ${renewed.expires_at > result.expires_at!}`);
        await client.releaseLock('my-lock', result.lease_id!);
      } catch (error) {
        if (error instanceof LockHeldError) {
          print('Lock currently held, waiting...');
        } else {
          throw error;
        }
      }
    }
    expect(await free('my-lock', acquireLock)).toEqual(['Working with lock: 36', 'Lock renewed until: true']);
    expect(await held('my-lock', acquireLock)).toEqual(['Lock currently held, waiting...']);
  });

  it('TypeScript: error handling', async () => {
    const attempt = async (client: OctoStoreClient, name: string): Promise<void> => {
      try {
        await client.acquireLock(name, 60);
      } catch (error) {
        if (error instanceof LockHeldError) {
          print(`Lock held by: ${error.holder_id !== undefined}`);
        } else if (error instanceof ValidationError) {
          print(`Invalid input: ${error.message.includes('name')}`);
        } else if (error instanceof NetworkError) {
          print(`Network issue: ${error.message.includes('OctoStore')}`);
        }
        expect(error).toBeInstanceOf(OctoStoreError);
      }
    };
    const client = new OctoStoreClient(options());
    expect(await held('resource', () => attempt(client, 'resource'))).toEqual(['Lock held by: true']);
    await attempt(client, 'no/such name');
    await attempt(new OctoStoreClient({ ...options(), baseUrl: 'http://127.0.0.1:1' }), 'resource');
    expect(lines).toEqual(['Invalid input: true', 'Network issue: true']);
  });

  it('Go: quick start, with SetTimeout', async () => {
    async function main() {
      const client = new OctoStoreClient(options());
      client.setTimeout(30 * 1000);
      const ctx = new AbortController();
      const { signal } = ctx;
      const health = await client.health({ signal });
      print(`Service status: ${health}`);
      let result: AcquireResult;
      try {
        result = await client.acquireLock('my-resource', 300, { signal });
      } catch (err) {
        if (err instanceof LockHeldError) {
          print(`Lock is held by ${err.holder_id} until ${err.expires_at}`);
          return;
        }
        throw err;
      }
      print(`Lock acquired: ${result.lease_id}`);
      await client.releaseLock('my-resource', result.lease_id!, { signal });
      print('Lock released');
    }
    expect(await free('my-resource', main)).toHaveLength(3);
    expect(await held('my-resource', main)).toEqual([
      'Service status: ok',
      expect.stringMatching(/^Lock is held by [\w-]+ until 20[^ ]+Z$/),
    ]);
  });

  it('Go: contexts, with a time limit and with cancellation', async () => {
    const client = new OctoStoreClient(options());
    const result = await client.acquireLock('resource', 60, { signal: AbortSignal.timeout(10_000) });
    const ctx = new AbortController();
    await client.releaseLock('resource', result.lease_id!, { signal: ctx.signal });
    ctx.abort();
    await expect(client.releaseLock('resource', result.lease_id!, { signal: ctx.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await isFree(server(), 'resource')).toBe(true);
  });

  it('Go: lock renewal', async () => {
    const client = new OctoStoreClient(options());
    const ctx = new AbortController();
    const result = await client.acquireLock('long-task', 60, { signal: ctx.signal });
    const renewals = (async () => {
      for (;;) {
        try {
          await sleep(HALF, undefined, { signal: ctx.signal });
          const renewed = await client.renewLock('long-task', result.lease_id!, 60, { signal: ctx.signal });
          print(`Lock renewed until: ${renewed.expires_at}`);
        } catch (err) {
          print(`Failed to renew lock: ${(err as Error).name}`);
          return;
        }
      }
    })();
    await until(() => lines.length >= 2, 'two renewals');
    await client.releaseLock('long-task', result.lease_id!);
    await renewals;
    expect(lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^Lock renewed until: 20/),
      expect.stringMatching(/^Lock renewed until: 20/),
    ]);
    expect(lines.at(-1)).toBe('Failed to renew lock: LockError');
    ctx.abort();
  });

  it('Go: lock status monitoring', async () => {
    const client = new OctoStoreClient(options());
    async function main() {
      const status = await client.getLockStatus('monitored-resource');
      print(`Lock '${status.name}' is ${status.status}`);
      if (status.status === 'held') {
        print(`Held by: ${status.holder_id!.length > 0}`);
        print(`Expires: ${status.expires_at!.slice(0, 2)}`);
        print(`Fencing token: ${typeof status.fencing_token}`);
      }
    }
    expect(await free('monitored-resource', main)).toEqual([`Lock 'monitored-resource' is free`]);
    expect(await held('monitored-resource', main)).toEqual([
      `Lock 'monitored-resource' is held`,
      'Held by: true',
      'Expires: 20',
      'Fencing token: number',
    ]);
  });

  it('Go: list user locks', async () => {
    const client = new OctoStoreClient(options());
    const acquired = await client.acquireLock('listed', 60);
    const locks: UserLock[] = await client.listLocks();
    print(`You have ${locks.length} active locks:`);
    for (const lock of locks) print(`- ${lock.name} (expires: ${lock.expires_at})`);
    expect(lines).toEqual(['You have 1 active locks:', `- listed (expires: ${acquired.expires_at})`]);
    await client.releaseLock('listed', locks[0]!.lease_id);
    expect(await isFree(server(), 'listed')).toBe(true);
  });

  it('Go: a switch over the errors', async () => {
    const attempt = async (client: OctoStoreClient, name = 'resource'): Promise<void> => {
      try {
        const { lease_id } = await client.acquireLock(name, 60);
        await client.releaseLock(name, lease_id!);
      } catch (err) {
        switch (true) {
          case err instanceof LockHeldError:
            print(`Lock held by: ${typeof err.holder_id}`);
            break;
          case err instanceof AuthenticationError:
            print(`Authentication failed: ${err.message !== ''}`);
            break;
          case err instanceof NetworkError:
            print(`Network error: ${err.cause instanceof Error}`);
            break;
          case err instanceof ValidationError:
            print(`Validation error: ${err.message !== ''}`);
            break;
          default:
            print('Unknown error');
        }
      }
    };
    const client = new OctoStoreClient(options());
    expect(await held('resource', () => attempt(client))).toEqual(['Lock held by: string']);
    await attempt(new OctoStoreClient({ ...options(), token: 'wrong' }));
    await attempt(new OctoStoreClient({ ...options(), baseUrl: 'http://127.0.0.1:1' }));
    await attempt(client, '');
    expect(lines).toEqual(['Authentication failed: true', 'Network error: true', 'Validation error: true']);
  });

  it('Go and Python: environment variables', async () => {
    function getEnv(key: string, defaultValue: string): string {
      const value = process.env[key];
      return value !== undefined && value !== '' ? value : defaultValue;
    }
    const client = new OctoStoreClient({
      baseUrl: getEnv('OCTOSTORE_BASE_URL', 'https://api.octostore.io'),
      token: process.env['OCTOSTORE_TOKEN'],
    });
    expect(await client.listLocks()).toBeInstanceOf(Array);
    expect(await new OctoStoreClient().listLocks()).toBeInstanceOf(Array);
  });

  it('Python: quick start, with the context manager', async () => {
    async function main() {
      const client = new OctoStoreClient(options());
      const health = await client.health();
      print(`Service status: ${health}`);
      try {
        const result = await client.acquireLock('my-resource', 300);
        print(`Lock acquired: ${result.lease_id}`);
        await client.releaseLock('my-resource', result.lease_id!);
        print('Lock released');
      } catch (e) {
        if (!(e instanceof LockHeldError)) throw e;
        print(`Lock is held by ${e.holder_id} until ${e.expires_at}`);
      }
      {
        await using _client = client;
        try {
          const result = await client.acquireLock('my-resource', 60);
          print(`Working with ${result.lease_id}`);
        } catch (e) {
          if (!(e instanceof LockHeldError)) throw e;
          print('Lock is currently held');
        }
      }
    }
    expect(await free('my-resource', main)).toHaveLength(4);
    expect((await held('my-resource', main)).at(-1)).toBe('Lock is currently held');
  });

  it('Python: asynchronous client', async () => {
    async function main() {
      await using client = new OctoStoreClient(options());
      const health = await client.health();
      print(`Service status: ${health}`);
      const result = await client.acquireLock('async-resource', 120);
      print(`Lock acquired: ${result.lease_id}`);
      const renewed = await client.renewLock('async-resource', result.lease_id!, 180);
      print(`Lock renewed until: ${renewed.expires_at}`);
      await client.releaseLock('async-resource', result.lease_id!);
    }
    expect(await free('async-resource', main)).toHaveLength(3);
    await expect(held('async-resource', main)).rejects.toBeInstanceOf(LockHeldError);
  });

  it('Rust: quick start', async () => {
    async function main() {
      const client = new OctoStoreClient(options());
      print(`Service status: ${await client.health()}`);
      const result = await client.acquireLock('my-resource', 300).catch((error: unknown) => error);
      if (result instanceof LockHeldError) {
        print(`Lock is held by ${result.holder_id ?? ''} until ${result.expires_at ?? ''}`);
        return;
      }
      if (result instanceof Error) throw result;
      const { lease_id } = result as AcquireResult;
      print(`Lock acquired: ${lease_id!}`);
      await client.releaseLock('my-resource', lease_id!);
      print('Lock released');
    }
    expect(await free('my-resource', main)).toHaveLength(3);
    expect(await held('my-resource', main)).toHaveLength(2);
  });

  it('Rust: lock with a time limit', async () => {
    async function acquireWithTimeout() {
      const client = new OctoStoreClient(options());
      const limit = AbortSignal.timeout(5000);
      try {
        const result = await client.acquireLock('resource', 60, { signal: limit });
        print(`Lock acquired: ${result.status}`);
        await client.releaseLock('resource', result.lease_id!);
      } catch (error) {
        if (error instanceof LockHeldError) print('Lock is held by another process');
        else if (error === limit.reason) print('Timed out waiting for lock');
        else throw error;
      }
    }
    expect(await free('resource', acquireWithTimeout)).toEqual(['Lock acquired: acquired']);
    expect(await held('resource', acquireWithTimeout)).toEqual(['Lock is held by another process']);
  });

  it('Rust: automatic lock renewal', async () => {
    const client = new OctoStoreClient(options());
    const { lease_id } = await client.acquireLock('long-task', 60);
    const renewalClient = client;
    const renewalTask = setInterval(() => {
      renewalClient.renewLock('long-task', lease_id!, 60).then(
        (renewed) => {
          print(`Lock renewed until: ${renewed.expires_at}`);
        },
        (e: unknown) => {
          print(`Failed to renew lock: ${String(e)}`);
          clearInterval(renewalTask);
        },
      );
    }, HALF);
    await until(() => lines.length >= 4, 'four renewals');
    clearInterval(renewalTask);
    await client.releaseLock('long-task', lease_id!);
    expect(lines.slice(0, 4).every((line) => line.startsWith('Lock renewed until: 20'))).toBe(true);
    expect(await isFree(server(), 'long-task')).toBe(true);
  });

  it('Rust: list my locks, and monitor one', async () => {
    const client = new OctoStoreClient(options());
    const { lease_id, fencing_token } = await client.acquireLock('monitored-resource', 60);
    const status: LockInfo = await client.getLockStatus('monitored-resource');
    expect(status).toMatchObject({ name: 'monitored-resource', status: 'held', fencing_token });
    const locks = await client.listLocks();
    expect(locks.map(({ name }) => name)).toEqual(['monitored-resource']);
    await client.releaseLock('monitored-resource', lease_id!);
    expect(await client.getLockStatus('monitored-resource')).toMatchObject({ status: 'free', holder_id: null });
  });

  it('Rust: without a token, and with one that is required', async () => {
    vi.stubEnv('OCTOSTORE_TOKEN', undefined);
    const withoutAuth = new OctoStoreClient({ baseUrl: server().url });
    expect(await withoutAuth.health()).toBe('ok');
    await expect(withoutAuth.acquireLock('resource', 60)).rejects.toBeInstanceOf(AuthenticationError);
    const createClient = (): OctoStoreClient => {
      const baseUrl = process.env['OCTOSTORE_BASE_URL'] ?? 'https://api.octostore.io';
      const token = process.env['OCTOSTORE_TOKEN'];
      if (token === undefined) throw new Error('OCTOSTORE_TOKEN environment variable required');
      return new OctoStoreClient({ baseUrl, token });
    };
    expect(createClient).toThrow('required');
    vi.stubEnv('OCTOSTORE_TOKEN', server().tokens.alice);
    expect(await createClient().listLocks()).toEqual([]);
  });
});
