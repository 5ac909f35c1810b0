import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OctoStoreClient as BrowserClient } from '../../../src/compat/octostore/index.browser.js';
import {
  AuthenticationError,
  LockError,
  LockHeldError,
  NetworkError,
  OctoStoreClient,
  OctoStoreError,
  ValidationError,
} from '../../../src/compat/octostore/index.js';
import * as root from '../../../src/contract/errors.js';
import { HttpServer, json, type Seen } from '../../support/http-server.js';
import { describeWithOctoStore } from '../../support/octostore-server.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';
import { anyName, describeWithAll, describeWithDialect, errorOf, errorsOf, isFree } from './support/servers.js';

const UNTIL = '2030-01-01T00:00:00Z';

describeWithAll('OctoStoreClient on a bad network', (server) => {
  let proxy: FaultProxy;
  let client: OctoStoreClient;
  let name: string;
  beforeEach(async () => {
    proxy = await FaultProxy.start(server().port);
    client = new OctoStoreClient({ baseUrl: proxy.url, token: server().tokens.alice, timeout: 500 });
    name = anyName();
  });
  afterEach(async () => {
    await proxy.heal();
    await client.close();
    await proxy.stop();
  });
  const acquire = (): string => `/locks/${name}/acquire`;

  it('learns from a second question what was granted when the connection broke off', async () => {
    void proxy.loseReply(acquire(), 'reset');
    const { lease_id } = await client.acquireLock(name, 300);
    await client.renewLock(name, lease_id!);
    expect(proxy.count(acquire())).toBe(2);
  });

  it('leaves alone what its user holds, when a second call for it gets no answer', async () => {
    const { lease_id } = await client.acquireLock(name, 300);
    void proxy.loseReply(acquire(), 'silence');
    await expect(client.acquireLock(name, 300)).rejects.toBeInstanceOf(NetworkError);
    await client.renewLock(name, lease_id!);
    expect(proxy.count('/release')).toBe(0);
  });

  it('leaves alone what somebody else holds', async () => {
    await using other = new OctoStoreClient({ baseUrl: server().url, token: server().tokens.bob });
    const { lease_id } = await other.acquireLock(name, 300);
    void proxy.loseReply(acquire(), 'silence');
    await expect(client.acquireLock(name, 300)).rejects.toBeInstanceOf(NetworkError);
    await other.renewLock(name, lease_id!);
  });

  it('lets the next attempt begin when the clean-up behind the one before is done', async () => {
    void proxy.loseReply(acquire(), 'silence');
    const patient = client.setTimeout(400);
    const first = errorOf(patient.acquireLock(name, 300));
    const second = patient.setTimeout(5000).acquireLock(name, 300);
    expect(await first).toBeInstanceOf(NetworkError);
    const { lease_id } = await second;
    expect(await patient.renewLock(name, lease_id!)).toMatchObject({ lease_id });
  });

  it('sends a release or a renewal once more when its connection broke off', async () => {
    const { lease_id } = await client.acquireLock(name, 300);
    void proxy.loseReply(`/locks/${name}/renew`, 'reset');
    await client.renewLock(name, lease_id!);
    void proxy.loseReply(`/locks/${name}/release`, 'reset');
    await client.releaseLock(name, lease_id!);
    expect(await isFree(server(), name)).toBe(true);
  });

  it('throws NetworkError while nobody answers, and works again afterwards', async () => {
    const { lease_id } = await client.acquireLock(name, 300);
    proxy.blackhole();
    const calls = [
      client.health(),
      client.renewLock(name, lease_id!),
      client.releaseLock(name, lease_id!),
      client.getLockStatus(name),
      client.listLocks(),
    ];
    for (const error of await Promise.all(calls.map(errorOf))) expect(error).toBeInstanceOf(NetworkError);
    await proxy.heal();
    await client.renewLock(name, lease_id!);
  });

  it('asks once more when every kept connection broke off in the same moment', async () => {
    const { lease_id } = await client.acquireLock(name, 300);
    await Promise.all(Array.from({ length: 6 }, () => client.getLockStatus(name)));
    proxy.reset();
    await client.renewLock(name, lease_id!);
  });

  it('throws NetworkError at once where nobody listens, and leaves nothing to clean up', async () => {
    await proxy.refuse();
    const error = await errorOf(client.acquireLock(name, 300));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await proxy.heal();
    const before = proxy.requests.length;
    await client.getLockStatus(name);
    expect(proxy.requests.slice(before)).toHaveLength(1);
  });
});

describeWithOctoStore('OctoStoreClient, where a grant is known for its own,', (server) => {
  let proxy: FaultProxy;
  let client: OctoStoreClient;
  let name: string;
  beforeEach(async () => {
    proxy = await FaultProxy.start(server().port);
    client = new OctoStoreClient({ baseUrl: proxy.url, token: server().tokens.alice, timeout: 500 });
    name = anyName();
  });
  afterEach(async () => {
    await proxy.heal();
    await client.close();
    await proxy.stop();
  });
  const acquire = (): string => `/locks/${name}/acquire`;

  it('gives back a lock that was granted unseen, before it reports the time-out', async () => {
    const committed = proxy.loseReply(acquire(), 'silence');
    const error = await errorOf(client.acquireLock(name, 300));
    await committed;
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toBeInstanceOf(root.LockNetworkError);
    expect(error).toMatchObject({ retryable: true, lockName: name });
    expect(await isFree(server(), name)).toBe(true);
  });

  it('cleans up as soon as it can, where it cannot before the report', async () => {
    await client.health();
    proxy.blackhole('replies');
    const error = await errorOf(client.acquireLock(name, 300));
    expect(error).toBeInstanceOf(NetworkError);
    expect(await isFree(server(), name)).toBe(false);
    await proxy.heal();
    await until(() => isFree(server(), name), 'the clean-up');
  });

  it('gives back what is granted to a call that was cancelled meanwhile', async () => {
    const cancel = new AbortController();
    const request = proxy.hold(acquire());
    const pending = errorOf(client.acquireLock(name, 300, { signal: cancel.signal }));
    await request.arrived;
    cancel.abort('enough');
    request.release();
    expect(await pending).toBe('enough');
    await until(() => proxy.count(`/locks/${name}/release`) === 1, 'the release');
    await until(() => isFree(server(), name), 'the release');
  });

  it('asks again for a lock only when what a cancelled call was granted is on its way no more', async () => {
    const cancel = new AbortController();
    const request = proxy.hold(acquire());
    const cancelled = errorOf(client.acquireLock(name, 300, { signal: cancel.signal }));
    await request.arrived;
    const giving = proxy.hold(`/locks/${name}/release`);
    cancel.abort('enough');
    request.release();
    await giving.arrived;
    expect(await cancelled).toBe('enough');
    // The same owner would be given the lease that is about to be released.
    const next = client.setTimeout(5000).acquireLock(name, 300);
    await client.health();
    giving.release();
    const { lease_id } = await next;
    await until(() => proxy.count(`/locks/${name}/release`) === 1, 'the release');
    await client.renewLock(name, lease_id!);
    expect(await isFree(server(), name)).toBe(false);
  });

  it('gives back what is granted while it is being closed', async () => {
    const request = proxy.hold(acquire());
    const pending = errorOf(client.acquireLock(name, 300));
    await request.arrived;
    const closing = client.close();
    request.release();
    expect(await pending).toBeInstanceOf(root.LockClosedError);
    await closing;
    expect(await isFree(server(), name)).toBe(true);
  });

  it('holds nothing when many calls for one lock are cancelled at any moment', async () => {
    const calls = Array.from({ length: 40 }, async (_, index) => {
      const signal = AbortSignal.timeout(index);
      return client.acquireLock(name, 300, { signal }).then(
        ({ lease_id }) => client.releaseLock(name, lease_id!),
        (error: unknown) => {
          if (error !== signal.reason) throw error;
        },
      );
    });
    await Promise.all(calls);
    await until(() => isFree(server(), name), 'the clean-up');
  });

  it('leaves alone what another process with the same token holds', async () => {
    await using other = new OctoStoreClient({ baseUrl: server().url, token: server().tokens.alice });
    const { lease_id } = await other.acquireLock(name, 300);
    void proxy.loseReply(acquire(), 'silence');
    await expect(client.acquireLock(name, 60)).rejects.toBeInstanceOf(NetworkError);
    const cancel = new AbortController();
    const request = proxy.hold(acquire());
    const cancelled = errorOf(client.setTimeout(5000).acquireLock(name, 60, { signal: cancel.signal }));
    await request.arrived;
    cancel.abort('enough');
    request.release();
    expect(await cancelled).toBe('enough');
    // The next has its turn when all cleaning is over.
    expect(await client.acquireLock(name, 60)).toMatchObject({ lease_id });
    expect(proxy.count('/release')).toBe(0);
    await other.renewLock(name, lease_id!);
  });

  it('keeps the name while a release that got no answer may still arrive', async () => {
    const cancel = new AbortController();
    const request = proxy.hold(acquire());
    const cancelled = errorOf(client.setTimeout(9000).acquireLock(name, 1, { signal: cancel.signal }));
    await request.arrived;
    const giving = proxy.hold(`/locks/${name}/release`);
    cancel.abort('enough');
    request.release();
    await giving.arrived;
    expect(await cancelled).toBe('enough');
    const error = await errorOf(client.setTimeout(50).acquireLock(name, 60));
    expect(error).toBeInstanceOf(NetworkError);
    expect((error as Error).message).toContain('has not ended within 50 ms');
    giving.release();
    await until(() => isFree(server(), name), 'the release');
  });
});

describeWithDialect('OctoStoreClient, where no grant is known for its own,', (server) => {
  let proxy: FaultProxy;
  let client: OctoStoreClient;
  let name: string;
  beforeEach(async () => {
    proxy = await FaultProxy.start(server().port);
    client = new OctoStoreClient({ baseUrl: proxy.url, token: server().tokens.alice, timeout: 500 });
    name = anyName();
  });
  afterEach(async () => {
    await proxy.heal();
    await client.close();
    await proxy.stop();
  });
  const acquire = (): string => `/locks/${name}/acquire`;

  it('lets run out what was granted unseen, or to a call that was cancelled, and releases nothing', async () => {
    const committed = proxy.loseReply(acquire(), 'silence');
    expect(await errorOf(client.acquireLock(name, 1))).toBeInstanceOf(NetworkError);
    await committed;
    await until(() => isFree(server(), name), 'its end');
    const cancel = new AbortController();
    const request = proxy.hold(acquire());
    const cancelled = errorOf(client.setTimeout(5000).acquireLock(name, 1, { signal: cancel.signal }));
    await request.arrived;
    cancel.abort('enough');
    request.release();
    expect(await cancelled).toBe('enough');
    expect(proxy.count('/release')).toBe(0);
    await until(() => isFree(server(), name), 'its end');
  });
});

const LEASE = 'canary-lease';

type Answer = (seen: Seen, response: ServerResponse) => void;

/** Uses a client of a server that answers in one way. */
async function against(
  Made: typeof OctoStoreClient,
  answer: Answer,
  use: (client: OctoStoreClient, server: HttpServer) => Promise<void>,
): Promise<void> {
  const server = await HttpServer.start(answer);
  const client = new Made({ baseUrl: `${server.url}/octo/`, token: 'canary-token', timeout: 300 });
  try {
    await use(client, server);
  } finally {
    await client.close();
    await server.stop();
  }
}

function errorsOfAll(client: OctoStoreClient): Promise<readonly unknown[]> {
  return errorsOf([
    client.health(),
    client.acquireLock('a', 1),
    client.renewLock('a', LEASE),
    client.getLockStatus('a'),
    client.listLocks(),
    client.rotateToken(),
  ]);
}

function expectNetworkErrors(errors: readonly unknown[], what: string): void {
  for (const error of errors) {
    expect(error, what).toBeInstanceOf(NetworkError);
    expect(error, what).toBeInstanceOf(root.LockNetworkError);
    expect(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error), what).not.toContain('canary');
  }
}

describe.each([
  ['Node', OctoStoreClient],
  ['a browser', BrowserClient],
])('OctoStoreClient and a server that is none, in %s', (_, Made) => {
  it('throws NetworkError for what is no answer, and shows no secret', async () => {
    const other = await HttpServer.start((_seen, response) => {
      json(response, 200, { status: 'ok' });
    });
    const answers: readonly [what: string, status: number, body: string][] = [
      ['a page', 200, '<html>canary-page</html>'],
      ['a page for an error', 500, '<html>canary-page</html>'],
      ['a page for a 404', 404, '<html>canary-page</html>'],
      ['JSON of another kind', 200, '{"canary":"page","status":5,"locks":5}'],
      ['half of an answer', 200, '{"status":"acquired","lease_id":"canary'],
      ['deep JSON', 200, '['.repeat(100_000)],
      ['2 MiB', 200, `"${'x'.repeat(2 ** 21)}"`],
      ['a redirect', 307, ''],
    ];
    await Promise.all(
      answers.map(([what, status, body]) => {
        const answer: Answer = (_seen, response) => {
          json(response, status, body, status === 307 ? { location: other.url } : {});
        };
        return against(Made, answer, async (client) => {
          expectNetworkErrors(await errorsOfAll(client), what);
          if (status === 200 && what.startsWith('JSON')) return;
          expectNetworkErrors([await errorOf(client.releaseLock('a', LEASE))], what);
        });
      }),
    );
    expect(other.seen).toEqual([]);
    await other.stop();
  });

  it('throws NetworkError for connections that break off, and shows no secret', async () => {
    const answer: Answer = (_seen, response) => {
      response.destroy();
    };
    await against(Made, answer, async (client) => {
      expectNetworkErrors(await errorsOfAll(client), 'broken off');
    });
  });

  it.each([
    [429, { error: 'slow down', code: 'rate_limited', retry_after_ms: 700 }, LockError, root.LockCapacityError],
    [403, { error: 'too many', code: 'lock_limit_exceeded' }, LockError, root.LockCapacityError],
    [403, { error: 'no', code: 'forbidden' }, AuthenticationError, root.LockAuthenticationError],
    [403, { error: 'no' }, AuthenticationError, root.LockAuthenticationError],
    [400, { error: 'bad', code: 'invalid_lock_name' }, ValidationError, root.LockValidationError],
    [422, { error: 'bad', code: 'invalid_input' }, ValidationError, root.LockValidationError],
    [400, { error: 'bad' }, ValidationError, root.LockValidationError],
    [410, { error: 'gone' }, LockError, root.LockError],
    [409, { error: 'held', holder_id: 'h', expires_at: UNTIL }, LockHeldError, root.LockHeldError],
    [409, { status: 'delayed', available_at: UNTIL, retry_after_ms: 9 }, LockHeldError, root.LockHeldError],
    [200, { status: 'held', holder_id: 'h', expires_at: UNTIL }, LockHeldError, root.LockHeldError],
  ])('reads %i %j', async (status, body, own, kin) => {
    const answer: Answer = (_seen, response) => {
      json(response, status, body);
    };
    await against(Made, answer, async (client, server) => {
      const error = await errorOf(client.acquireLock('a', 1));
      expect(error).toBeInstanceOf(own);
      expect(error).toBeInstanceOf(kin);
      expect(error).toBeInstanceOf(OctoStoreError);
      expect(error).toMatchObject({ status, serverCode: 'code' in body ? body.code : undefined });
      if (error instanceof LockHeldError) {
        expect(error.expires_at).toBe(UNTIL);
        expect(error.retryAfter).toBe('available_at' in body ? 9 : undefined);
      }
      if (status === 429) expect(error).toMatchObject({ retryAfter: 700 });
      // The service itself has refused: there is nothing to clean up.
      expect(server.seen).toHaveLength(1);
    });
  });

  it('can be cancelled while the server demands a delay', async () => {
    const answer: Answer = (_seen, response) => {
      json(response, 409, { status: 'delayed', available_at: UNTIL, retry_after_ms: 3_600_000 });
    };
    await against(Made, answer, async (client, server) => {
      const cancel = new AbortController();
      const pending = errorOf(client.acquireLock('a', 1, { wait: '2h', signal: cancel.signal }));
      await until(() => server.seen.length > 0, 'the attempt');
      await client.health().catch(() => undefined);
      cancel.abort('enough');
      expect(await pending).toBe('enough');
      expect(server.seen.filter(({ path }) => path.endsWith('/acquire'))).toHaveLength(1);
    });
  });

  it('tells for how long it waited in whole milliseconds', async () => {
    const silent: Answer = () => undefined;
    await against(Made, silent, async (client) => {
      client.setTimeout(20.3);
      for (const error of await errorsOf([client.health(), client.rotateToken(), client.acquireLock('a')])) {
        expect(error).toMatchObject({ name: 'NetworkError', message: expect.stringMatching(/ within \d+ ms$/) });
      }
    });
  });

  it('takes the health in every form', async () => {
    let text = '';
    const answer: Answer = (_seen, response) => {
      json(response, 200, text);
    };
    await against(Made, answer, async (client) => {
      for (text of ['ok', 'ok\n', '{"status":"ok","storage":"wal"}', '"ok"']) expect(await client.health()).toBe('ok');
    });
  });

  it('stays below the path of its base URL', async () => {
    const answer: Answer = (_seen, response) => {
      json(response, 200, { name: '...', status: 'free', holder_id: null, fencing_token: 0, expires_at: null });
    };
    await against(Made, answer, async (client, server) => {
      await client.getLockStatus('...');
      expect(server.seen.at(-1)?.path).toBe('/octo/locks/...');
    });
  });
});
