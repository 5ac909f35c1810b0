import { randomBytes } from 'node:crypto';
import { defer, firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { locksFromUrl } from '../../src/auto.js';
import { octostore as octostoreForBrowsers } from '../../src/backends/octostore/index.browser.js';
import { octostore as octostoreForNode, type OctoStoreOptions } from '../../src/backends/octostore/index.js';
import { Claim } from '../../src/backends/octostore/sessions/name-queue.js';
import { Held, OctoStoreSession } from '../../src/backends/octostore/sessions/session.js';
import { TokenSource } from '../../src/backends/octostore/wire/token-source.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { LockError } from '../../src/contract/errors.js';
import type { Locks } from '../../src/contract/locks.js';
import { StubService, type Answer } from './bad-input/support/stub-service.js';
import { Evidence } from '../support/evidence.js';
import { HttpServer } from '../support/http-server.js';
import { until } from '../support/poll.js';

const canary = (what: string): string => `canary-${what}-${randomBytes(12).toString('hex')}`;

let evidence: Evidence;

beforeEach(() => {
  vi.stubEnv('OCTOSTORE_TOKEN', undefined);
  vi.stubEnv('OCTOSTORE_BASE_URL', undefined);
  evidence = new Evidence();
});
afterEach(() => {
  evidence.end();
  vi.unstubAllEnvs();
});

/** The error of something that must fail with one of ours. */
async function failed(label: string, run: () => unknown): Promise<LockError> {
  let error: unknown;
  try {
    await run();
  } catch (thrown) {
    error = thrown;
  }
  expect(error, label).toBeInstanceOf(LockError);
  evidence.see(label, error);
  return error as LockError;
}

/** Answers with all that was sent, and all that was ever given out, wherever an answer has room for it. */
function echo(stub: StubService, status: number, code: string): Answer {
  return (response, { token, path, body }) => {
    const all = [token, path, body, ...stub.secrets].join(' ');
    const text = JSON.stringify({ code, error: all, details: { all }, message: all, request_id: all, [all]: all });
    const headers = {
      'content-type': 'application/json',
      'x-echo': encodeURIComponent(all),
      'retry-after': String(token),
    };
    response.writeHead(status, String(token), headers).end(text);
  };
}

function html(stub: StubService): Answer {
  return (response, { token }) => response.writeHead(200).end(`<p>${[token, ...stub.secrets].join(' ')}</p>`);
}

describe('the evidence', () => {
  it('would show a secret, wherever it is', () => {
    const secret = canary('planted');
    const places = {
      message: new Error(secret),
      cause: new LockError('it failed', { cause: new LockError('why', { cause: { deep: { down: [secret] } } }) }),
      property: Object.assign(new LockError('it failed'), { token: secret }),
      hidden: Object.defineProperty({}, 'token', { value: secret, enumerable: false }),
      symbol: { [Symbol('token')]: secret },
      map: new Map([['a', new Set([secret])]]),
      json: { toJSON: () => secret },
    };
    for (const [place, value] of Object.entries(places)) evidence.see(place, value);
    expect(new Set(evidence.traces([secret]).map((label) => label.split(',')[0]))).toEqual(
      new Set(Object.keys(places)),
    );
    expect(evidence.traces([canary('other')])).toEqual([]);
    console.warn('watch out:', secret);
    process.emitWarning(secret);
    expect(evidence.traces([secret]).filter((label) => label === 'what was said')).toHaveLength(2);
  });
});

describe('what a client keeps', () => {
  it('does not show the ids of sessions and leases', () => {
    const [sessionId, leaseId] = [canary('session'), canary('lease')];
    const bound = { sentAt: 0, ttl: 1000 };
    const session = new OctoStoreSession(sessionId, bound);
    const held = new Held({ name: 'a' }, leaseId, session, new Claim('a', 'me'), bound);
    expect([held.leaseId, session.id]).toEqual([leaseId, sessionId]);
    evidence.see('what is held', held);
    evidence.see('a session', session);
    evidence.see('a token', new TokenSource(leaseId));
    expect(evidence.traces([sessionId, leaseId])).toEqual([]);
  });
});

for (const [platform, make] of Object.entries({ node: octostoreForNode, browsers: octostoreForBrowsers })) {
  describe(`secrets of octostore for ${platform}`, () => {
    let stub: StubService;
    const all: Locks[] = [];
    let token: string;

    beforeEach(async () => {
      token = canary('token');
      stub = await StubService.start();
    });
    afterEach(async () => {
      stub.spoilt = {};
      await Promise.all(all.splice(0).map((locks) => locks.close()));
      await stub.stop();
    });

    const connect = (options: OctoStoreOptions = {}): Locks => {
      const backend = make({ baseUrl: stub.url, token, timeout: '2s', ...options });
      evidence.see('the backend', backend);
      const locks = createLocks(backend, { retry: { initial: '10ms', max: '20ms' } });
      all.push(locks);
      locks.events$.subscribe((event) => {
        evidence.see(`the event ${event.type}`, event);
      });
      return locks;
    };

    const expectNoTrace = (...labels: readonly string[]): void => {
      expect(evidence.labels).toEqual(expect.arrayContaining([...labels]));
      const secrets = [token, ...stub.secrets];
      expect(secrets.length).toBeGreaterThan(2);
      // They were really used, so they could have been seen.
      expect(stub.seen.some((seen) => seen.token === token)).toBe(true);
      expect(evidence.traces(secrets)).toEqual([]);
    };

    it('are not shown by a question that is under way', async () => {
      const backend = make({ baseUrl: stub.url, token });
      const locks = createLocks(backend);
      all.push(locks);
      await (await locks.acquire('a', '10s')).release();
      stub.spoilt = { status: () => undefined, acquire: () => undefined };
      const request = { name: 'a', ttl: 10_000, wait: true, holder: 'me', stray() {} };
      const asked = [
        backend.status('a').subscribe(),
        backend.acquire(request).subscribe(),
        locks.lock$('b', '10s').subscribe(),
      ];
      await until(() => stub.open.size === 3, 'three questions');
      for (const one of asked) evidence.see('a pending question', one);
      for (const one of asked) one.unsubscribe();
      stub.spoilt = {};
      expectNoTrace('a pending question');
    });

    it('are not shown by what succeeds', async () => {
      const locks = connect();
      evidence.see('the locks', locks);
      const events: string[] = [];
      const subscription = locks.lock$('a', '4s').subscribe((event) => {
        events.push(event.type);
        evidence.see(`a lock's ${event.type}`, event);
      });
      evidence.see('a pending subscription', subscription);
      await until(() => events.includes('acquired'), 'the lock');
      const waiting = connect()
        .lock$('a', '4s')
        .subscribe((event) => {
          evidence.see('a waiter', event);
        });
      await until(() => events.includes('renewed'), 'a renewal');
      evidence.see('a subscription', subscription);
      evidence.see('a waiting subscription', waiting);
      const lease = await locks.acquire('b', '10s');
      evidence.see('a lease', lease);
      evidence.see('its signal', lease.signal);
      evidence.see('its end', lease.ended$);
      evidence.see('a status', await locks.status('b'));
      evidence.see('a list', await locks.list());
      evidence.see('a watched status', await firstValueFrom(locks.watch$('b')));
      expect(await connect().tryAcquire('b', '10s')).toBeNull();
      await failed('held', () => lastValueFrom(connect().lock$('b', '10s', { wait: false })));
      await failed('held for too long', () => connect().acquire('b', '10s', { wait: '50ms' }));
      await locks.ping();
      waiting.unsubscribe();
      subscription.unsubscribe();
      await lease.release();
      evidence.see('a released lease', lease);
      await locks.close();
      evidence.see('the closed locks', locks);
      await failed('after the end', () => locks.acquire('b', '10s'));
      expectNoTrace('the event acquired', 'the event released', 'the event release', "a lock's renewed", 'a waiter');
    });

    const REFUSALS = [
      [401, 'authentication_failed', 'ERR_LOCK_AUTHENTICATION'],
      [403, 'forbidden', 'ERR_LOCK_AUTHENTICATION'],
      [403, 'lock_limit_exceeded', 'ERR_LOCK_CAPACITY'],
      [429, 'rate_limited', 'ERR_LOCK_CAPACITY'],
      [400, 'invalid_input', 'ERR_LOCK_VALIDATION'],
      [400, 'invalid_ttl', 'ERR_LOCK_VALIDATION'],
      [400, 'invalid_lock_name', 'ERR_LOCK_VALIDATION'],
      [404, 'not_found', 'ERR_LOCK_NETWORK'],
      [500, 'internal_error', 'ERR_LOCK_NETWORK'],
      [503, 'canary-of-a-code', 'ERR_LOCK_NETWORK'],
      [302, 'x', 'ERR_LOCK_NETWORK'],
    ] as const;
    it.each(REFUSALS)('are not shown by a %i %s that says them all', async (status, said, code) => {
      const locks = connect();
      await (await locks.acquire('a', '10s')).release();
      const answer = echo(stub, status, said);
      stub.spoilt = { acquire: answer, status: answer, list: answer, health: answer, watch: answer };
      const acquiring = await failed('acquire', () => locks.acquire('b', '10s', { retry: { count: 0 } }));
      expect(acquiring.code).toBe(code);
      await failed('leader$', () => lastValueFrom(connect().lock$('c', '10s', { wait: '100ms' })));
      await failed('status', () => locks.status('a'));
      await failed('list', () => locks.list());
      await failed('ping', () => locks.ping());
      const watching = locks.watch$('a').subscribe({ error: (error: unknown) => evidence.see('watch$', error) });
      await until(() => stub.seen.some(({ path }) => path.endsWith('/watch')), 'the watch');
      watching.unsubscribe();
      expectNoTrace('acquire', 'status', 'list', 'ping');
    });

    it('are not shown by pages, silence, cut connections and redirects', async () => {
      const elsewhere = await HttpServer.start((_, response) => response.end());
      const answers: Record<string, Answer> = {
        'a page': html(stub),
        silence: () => undefined,
        'a cut': (response) => response.destroy(),
        'a redirect': (response, seen) =>
          response.writeHead(307, { location: `${elsewhere.url}/${String(seen.token)}` }).end(),
        'a broken answer': (response, seen) =>
          response.socket?.end(`HTTP/1.1 200 OK\r\n${String(seen.token)}\r\n\r\n${String(seen.token)}`),
        'a header that is too long': (response, seen) =>
          response.socket?.end(`HTTP/1.1 200 OK\r\nx: ${String(seen.token).repeat(2000)}\r\n\r\n`),
        'a long answer': (response, seen) => response.end(String(seen.token).repeat(100_000)),
      };
      try {
        for (const [what, answer] of Object.entries(answers)) {
          const locks = connect({ timeout: '150ms' });
          stub.spoilt = { acquire: answer, status: answer };
          await failed(what, () => locks.acquire('a', '10s', { retry: { count: 0 } }));
          await failed(`${what}, waited for`, () => locks.acquire('a', '10s', { wait: '200ms' }));
          await failed(`${what}, asked for`, () => locks.status('a'));
          stub.spoilt = {};
          await locks.close();
        }
        expect(elsewhere.seen).toEqual([]);
        expectNoTrace(...Object.keys(answers), 'the event waiting', 'the event error');
      } finally {
        await elsewhere.stop();
      }
    });

    it('are not shown by a loss, however it comes about', async () => {
      const losses: Record<string, (answer: Answer) => void> = {
        refused: () => {
          stub.spoilt = { renew: echo(stub, 400, 'lease_not_current') };
        },
        session: () => {
          stub.spoilt = {
            renew: echo(stub, 410, 'session_expired'),
            keepalive: echo(stub, 410, 'session_expired'),
          };
        },
        expired: () => {
          stub.spoilt = { renew: echo(stub, 500, 'internal_error'), keepalive: html(stub) };
        },
      };
      for (const [reason, lose] of Object.entries(losses)) {
        const locks = connect();
        const events = lastValueFrom(locks.lock$('a', '1s').pipe(toArray()));
        const work = failed(`using, ${reason}`, () =>
          locks.using('b', '1s', (lease) => {
            lease.signal.addEventListener('abort', () => {
              evidence.see('the reason of a signal', lease.signal.reason);
            });
            return firstValueFrom(lease.ended$);
          }),
        );
        await until(() => stub.held.size === 2, 'two locks');
        lose(html(stub));
        const lost = (await events).at(-1)!;
        expect(lost).toMatchObject({ type: 'lost', reason });
        evidence.see('a lost event', lost);
        expect(await work).toMatchObject({ code: 'ERR_LOCK_LOST', reason });
        stub.spoilt = {};
        await locks.close();
        stub.held.clear();
      }
      expectNoTrace('the event lost', 'the event uncertain', 'the reason of a signal', 'a lost event, its cause');
    });

    it('are not shown by releases and ends that fail', async () => {
      for (const answer of [echo(stub, 500, 'internal_error'), html(stub)]) {
        const locks = connect();
        const lease = await locks.acquire('a', '10s');
        stub.spoilt = { release: answer, end: answer };
        await lease.release();
        stub.spoilt = {};
        await until(() => evidence.labels.includes('the event release'), 'the end of the release');
        await locks.acquire('b', '10s');
        const waiter = failed('closed', () => locks.acquire('b', '10s'));
        stub.spoilt = { release: answer, end: answer };
        await locks.close();
        expect((await waiter).code).toBe('ERR_LOCK_CLOSED');
        stub.spoilt = {};
        stub.held.clear();
      }
      expectNoTrace('the event release', 'closed');
    });

    it('are not shown where nobody listens, nor where there is no session', async () => {
      const locks = connect();
      await (await locks.acquire('a', '10s')).release();
      stub.spoilt = { open: echo(stub, 500, 'internal_error') };
      await failed('no session', () => connect().acquire('b', '10s', { retry: { count: 0 } }));
      stub.spoilt = {};
      const nobody = connect({ baseUrl: 'http://127.0.0.1:1' });
      await failed('nobody', () => nobody.acquire('a', '10s', { retry: { count: 0 } }));
      await failed('nobody', () => nobody.acquire('a', '10s', { wait: '100ms' }));
      await failed('nobody', () => nobody.ping());
      expectNoTrace('no session', 'nobody', 'the event waiting', 'the event waiting, its cause');
    });

    it('are not shown when they are no tokens', async () => {
      for (const bad of [`${token}\n`, `${token} ${token}`, `${token}ü`]) {
        await failed('a bad token', () => make({ baseUrl: stub.url, token: bad }));
        vi.stubEnv('OCTOSTORE_TOKEN', bad);
        const locks = connect({ token: () => bad });
        await failed('a function that gives a bad token', () => locks.acquire('a', '10s'));
        await failed('a bad token in the environment', () => connect({ token: undefined }).acquire('a', '10s'));
      }
      expect(evidence.size).toBeGreaterThan(9);
      expect(evidence.traces([token])).toEqual([]);
    });

    it('are not shown when they stand in a URL', async () => {
      const password = canary('password');
      const urls = [
        `http://user:${password}@127.0.0.1:1`,
        `https://${password}@127.0.0.1:1`,
        `https://127.0.0.1:1/?token=${password}`,
        `https://127.0.0.1:1/#${password}`,
        `user:${password}@127.0.0.1:1`,
        `https://user:${password}@bad host`,
        `ftp://user:${password}@127.0.0.1`,
        password,
      ];
      for (const url of urls) {
        await failed('a baseUrl', () => make({ baseUrl: url, token }));
        if (URL.canParse(url)) await failed('a URL', () => make({ baseUrl: new URL(url), token }));
        vi.stubEnv('OCTOSTORE_BASE_URL', url);
        await failed('OCTOSTORE_BASE_URL', () => make({ token }));
      }
      expect(evidence.traces([password, token])).toEqual([]);
    });
  });
}

describe('secrets of rxlock/auto', () => {
  it('are not shown when they stand in RXLOCK_URL', async () => {
    const secret = canary('rxlock-url');
    const urls = [
      `octostore://user:${secret}@127.0.0.1:1`,
      `octostore://${secret}@127.0.0.1:1`,
      `octostore://127.0.0.1:1?token=${secret}`,
      `octostore://127.0.0.1:1#${secret}`,
      `redis://:${secret}@127.0.0.1`,
      `dflockd://a:1,b:${secret}`,
      `dflockd://a:1,user:${secret}@b:2`,
      `dflockd://a:1,b:2?auth=${secret}`,
      `redis://a:1,${secret}:2`,
      `http://user:${secret}@127.0.0.1`,
      `${secret}:${secret}@127.0.0.1`,
      `${secret}@127.0.0.1`,
      `octostore//${secret}`,
      secret,
    ];
    for (const url of urls) {
      await failed('locksFromUrl', () => locksFromUrl(url));
      vi.stubEnv('RXLOCK_URL', url);
      vi.resetModules();
      const { lock$ } = await import('../../src/auto.js');
      let error: unknown;
      await lastValueFrom(defer(() => lock$('a', '10s'))).catch((thrown: unknown) => (error = thrown));
      expect((error as LockError).code).toBe('ERR_LOCK_CONFIG');
      evidence.see('lock$', error);
    }
    expect(evidence.size).toBe(2 * urls.length);
    expect(evidence.traces([secret])).toEqual([]);
  });
});
