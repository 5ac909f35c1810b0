import { inspect } from 'node:util';
import type { ServerResponse } from 'node:http';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { octostore as octostoreForBrowsers } from '../../../../src/backends/octostore/index.browser.js';
import { octostore as octostoreForNode } from '../../../../src/backends/octostore/index.js';
import { schedulerClock } from '../../../../src/values/scheduler-clock.js';
import type { Bounds, Renewal } from '../../../../src/contract/backend.js';
import { HttpServer, json, type Seen } from '../../../support/http-server.js';
import { Client } from '../../../support/octostore-client.js';
import { until } from '../../../support/poll.js';
import { Time } from '../../../support/virtual.js';

const SESSION = 'c2a0f3c4-3f0e-4d2b-9f06-1d1f7c4e0001';
const LEASE = 'c2a0f3c4-3f0e-4d2b-9f06-1d1f7c4e0002';
const TOKEN = 'canary-token-4711';

type Answer = (seen: Seen, response: ServerResponse) => void;

/** A service that opens sessions as it should, and answers all else as told. */
function service(answer: Answer): Answer {
  return (seen, response) => {
    if (seen.path === '/sessions') json(response, 201, { session_id: SESSION, keepalive_interval_secs: 30 });
    else if (seen.method === 'DELETE') response.writeHead(204).end();
    else answer(seen, response);
  };
}

function acquired(response: ServerResponse, token = '1'): void {
  json(response, 200, `{"status":"acquired","lease_id":"${LEASE}","fencing_token":${token},"metadata":null}`);
}

for (const [platform, make] of Object.entries({ node: octostoreForNode, browser: octostoreForBrowsers })) {
  describe(`octostore for ${platform}, and what a server may answer`, () => {
    let http: HttpServer | undefined;
    let client: Client | undefined;
    const connect = async (answer: Answer, token: string | (() => string) = TOKEN): Promise<Client> => {
      http = await HttpServer.start(answer);
      client = new Client({ baseUrl: http.url, token, timeout: '10s' }, make);
      return client;
    };
    afterEach(async () => {
      await client?.backend.close();
      await http?.stop();
    });

    it('reads fencing tokens that no double can hold', async () => {
      const { grant } = await (
        await connect(service((_, response) => acquired(response, '9223372036854775807')))
      ).acquire('a');
      expect(grant.fencingToken).toBe(9_223_372_036_854_775_807n);
    });

    it('understands the older 409, and the older list', async () => {
      const backend = await connect(
        service(({ path }, response) => {
          if (path.endsWith('/acquire')) {
            json(response, 409, { error: 'held', holder_id: 'somebody', expires_at: '2030-01-01T00:00:00Z' });
          } else {
            json(response, 200, {
              locks: [
                { name: 'a/1', lease_id: LEASE, fencing_token: 5, expires_at: '2030-01-01T00:00:00Z' },
                { name: 'b/1', lease_id: LEASE, fencing_token: 6, expires_at: '2030-01-01T00:00:00Z' },
              ],
            });
          }
        }),
      );
      const { last } = await backend.ask('a').over();
      expect(last).toMatchObject({ type: 'held', holder: 'somebody', expiresAt: Date.UTC(2030, 0, 1) });
      const list = await firstValueFrom(backend.backend.list!('a/'));
      expect(list).toHaveLength(1);
      expect(list[0]).toMatchObject({ name: 'a/1', status: 'held', fencingToken: 5n });
      expect(inspect(list) + JSON.stringify(list)).not.toContain(LEASE);
    });

    it('understands the older health', async () => {
      const { backend } = await connect((_, response) => response.end('ok\n'));
      await expect(firstValueFrom(backend.ping!(), { defaultValue: 'ok' })).resolves.toBeUndefined();
    });

    it('takes the health for a sign of life, whatever it says to the question for the token, unless that is wrong', async () => {
      let status = 404;
      const { backend } = await connect(({ path }, response) => {
        if (path === '/health') json(response, 200, { status: 'ok' });
        else json(response, status, {});
      });
      const ping = (): Promise<unknown> => firstValueFrom(backend.ping!(), { defaultValue: 'ok' });
      for (status of [200, 403, 404, 429, 500, 503]) await expect(ping()).resolves.toBeUndefined();
      status = 401;
      await expect(ping()).rejects.toMatchObject({ code: 'ERR_LOCK_AUTHENTICATION' });
    });

    it('takes what 503 says of the time for binding, on a renewal too', async () => {
      let isDown = false;
      const backend = await connect(
        service((_, response) => {
          if (isDown) json(response, 503, {}, { 'retry-after': '7' });
          else acquired(response);
        }),
      );
      const { grant } = await backend.acquire('a');
      isDown = true;
      expect(await backend.renew([grant])).toMatchObject([{ outcome: 'unknown', cause: { retryAfter: 7000 } }]);
      const { error } = await backend.ask('b').over();
      expect(error).toMatchObject({ code: 'ERR_LOCK_NETWORK', retryAfter: 7000 });
      // It was asked once.
      expect(http!.seen.filter(({ path }) => path === '/locks/b/acquire')).toHaveLength(1);
    });

    it('takes what 429 says of the time for binding', async () => {
      const backend = await connect(
        service((_, response) => json(response, 429, { code: 'rate_limited' }, { 'retry-after': '7' })),
      );
      const { error } = await backend.ask('a').over();
      expect(error).toMatchObject({ code: 'ERR_LOCK_CAPACITY', retryable: true, retryAfter: 7000 });
      expect(http!.seen.filter(({ path }) => path.endsWith('/acquire'))).toHaveLength(1);
    });

    it.each([
      { name: 'RETRY-AFTER', value: '7', retryAfter: 7000 },
      { name: 'Retry-After', value: ['7', '9'], retryAfter: undefined },
      { name: 'Retry-Later', value: '7', retryAfter: undefined },
    ])('reads $name: $value of the header as $retryAfter', async ({ name, value, retryAfter }) => {
      const backend = await connect(
        service((_, response) => {
          response.writeHead(429, { vary: 'origin', [name]: value }).end('{"code":"rate_limited"}');
        }),
      );
      expect((await backend.ask('a').over()).error).toMatchObject({ code: 'ERR_LOCK_CAPACITY', retryAfter });
    });

    describe('in virtual time', () => {
      /** A backend whose timers the test runs, on a network that is real. */
      const open = async (answer: Answer) => {
        http = await HttpServer.start(answer);
        const time = new Time();
        const backend = make({ baseUrl: http.url, token: TOKEN });
        backend.open?.({ clock: schedulerClock(time), scheduler: time, random: () => 0 });
        const count = (what: string): number => http!.seen.filter(({ path }) => path === what).length;
        /** Whatever was sent before this has been sent by then. */
        const settle = (): Promise<void> => firstValueFrom(backend.ping!(), { defaultValue: undefined });
        return { time, backend, count, settle };
      };

      it('reads the status now and then, though what is pushed says nothing', async () => {
        const { time, backend, count } = await open(({ path }, response) => {
          if (path.endsWith('/watch')) response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
          else json(response, 200, { name: 'a', status: count('/locks/a') > 1 ? 'free' : 'held', fencing_token: 1 });
        });
        const statuses: string[] = [];
        const watch = backend.watch!('a').subscribe(({ status }) => statuses.push(status));
        await until(() => statuses.length === 1, 'the status');
        time.advance(15_000);
        await until(() => statuses.length === 2, 'the poll');
        expect(statuses).toEqual(['held', 'free']);
        watch.unsubscribe();
        await backend.close();
      });

      it('watches again no earlier than the service wants', async () => {
        const { time, backend, count, settle } = await open(({ path }, response) => {
          if (path.endsWith('/watch')) json(response, 429, { code: 'rate_limited' }, { 'retry-after': '7' });
          else if (path === '/health') response.end('ok');
          else json(response, 200, { name: 'a', status: 'held', fencing_token: 1 });
        });
        const statuses: string[] = [];
        const watch = backend.watch!('a').subscribe(({ status }) => statuses.push(status));
        await until(() => statuses.length === 1, 'the status');
        await settle();
        time.advance(6999);
        await settle();
        expect(count('/locks/a/watch')).toBe(1);
        time.advance(1);
        await until(() => count('/locks/a/watch') === 2, 'another watch');
        watch.unsubscribe();
        await backend.close();
      });

      it('cleans up behind an attempt of which nothing is known no earlier than the service wants', async () => {
        const { time, backend, count, settle } = await open(
          service(({ path }, response) => {
            if (path === '/health') response.end('ok');
            else json(response, 503, {}, { 'retry-after': '7' });
          }),
        );
        const ended = new Promise((resolve) => {
          const request = { name: 'a', ttl: 10_000, wait: true, holder: 'me', stray: () => undefined };
          backend.acquire(request).subscribe({ error: resolve });
        });
        expect(await ended).toMatchObject({ retryAfter: 7000 });
        time.advance(6999);
        await settle();
        expect(count(`/sessions/${SESSION}`)).toBe(0);
        time.advance(1);
        await until(() => count(`/sessions/${SESSION}`) === 1, 'the end of the session');
        await backend.close();
      });
    });

    it('believes in no longer session than was confirmed', async () => {
      const backend = await connect(({ path }, response) => {
        if (path === '/sessions') json(response, 201, { session_id: SESSION, keepalive_interval_secs: 10 });
        else acquired(response);
      });
      const { bounds } = await backend.acquire('a');
      expect(bounds[1]).toMatchObject({ ttl: 20_000 });
    });

    it.each([-1, '30', 0, {}])('believes in no session of which it cannot read for how long: %j', async (half) => {
      const backend = await connect(({ path }, response) => {
        if (path === '/sessions') json(response, 201, { session_id: SESSION, keepalive_interval_secs: half });
        else acquired(response);
      });
      const { error } = await backend.ask('a').over();
      expect(error).toMatchObject({ code: 'ERR_LOCK_NETWORK' });
    });

    it('believes in a session of which nobody says for how long as long as was asked for', async () => {
      const backend = await connect(({ path }, response) => {
        if (path === '/sessions') json(response, 201, { session_id: SESSION, keepalive_interval_secs: null });
        else acquired(response);
      });
      const { bounds } = await backend.acquire('a');
      expect(bounds[1]).toMatchObject({ ttl: 60_000 });
    });

    const NONSENSE: Record<string, Answer> = {
      html: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(`<html>${TOKEN}</html>`),
      'an html error': (_, response) =>
        response.writeHead(502, { 'content-type': 'text/html' }).end(`<html>${TOKEN}</html>`),
      'broken JSON': (_, response) => json(response, 200, `{"status":"acquired","lease_id":"${TOKEN}`),
      'JSON of another kind': (_, response) => json(response, 200, '[[]]'),
      'a token of thirty digits': (_, response) => acquired(response, '123456789012345678901234567890'),
      'a negative token': (_, response) => acquired(response, '-1'),
      'ten megabytes': (_, response) => json(response, 200, `{"x":"${'x'.repeat(10 * 1024 * 1024)}"}`),
      'deep JSON': (_, response) => json(response, 200, `${'['.repeat(500_000)}${'9'.repeat(20)}`),
      'nothing at all': (_, response) => response.destroy(),
      'an unknown error that echoes': ({ token }, response) =>
        json(response, 500, { code: token, error: token, details: token }),
    };
    for (const [what, answer] of Object.entries(NONSENSE)) {
      it(`takes ${what} for a network error, and shows no secret`, async () => {
        const backend = await connect(service(answer));
        const { error } = await backend.ask('a').over();
        expect(error).toMatchObject({ code: 'ERR_LOCK_NETWORK', retryable: true });
        const shown =
          inspect(error, { depth: 20, showHidden: true }) + String((error as Error).stack) + JSON.stringify(error);
        for (const secret of [TOKEN, SESSION, LEASE]) expect(shown).not.toContain(secret);
      });
    }

    it('says that nothing is known of a renewal that was answered with nonsense', async () => {
      let answer: Answer = (_, response) => acquired(response);
      const backend = await connect(service((seen, response) => answer(seen, response)));
      const { grant } = await backend.acquire('a');
      for (const nonsense of [
        ...Object.values(NONSENSE),
        ((_, response) => json(response, 404, 'not here')) satisfies Answer,
      ]) {
        answer = nonsense;
        const [renewal] = await backend.renew([grant]);
        expect(renewal).toMatchObject({ outcome: 'unknown' });
      }
      backend.clock.advance(29_000);
      for (const nonsense of Object.values(NONSENSE)) {
        answer = nonsense;
        // Now it is the session that is to be confirmed, too.
        expect(await backend.renew([grant], 60_000)).toMatchObject([{ outcome: 'unknown' }]);
      }
      expect(backend.revocations).toEqual([]);
    });

    it('takes no page of a proxy for the confirmation of a session', async () => {
      const backend = await connect(
        service((seen, response) => {
          if (seen.path.endsWith('/acquire')) acquired(response);
          else response.end('<html>welcome</html>');
        }),
      );
      // It outlives the session, which is the one to be confirmed.
      const { grant } = await backend.acquire('a', { ttl: 600_000 });
      backend.clock.advance(20_000);
      expect(await backend.renew([grant], 600_000)).toMatchObject([{ outcome: 'unknown' }]);
    });

    it('takes the locks of a session that has expired for lost, and opens another', async () => {
      const expired = { code: 'session_expired', error: 'the session has expired' };
      let isExpired = false;
      const backend = await connect(
        service((seen, response) => {
          if (isExpired && seen.path.endsWith('/keepalive')) json(response, 410, expired);
          else acquired(response);
        }),
      );
      const { grant } = await backend.acquire('a', { ttl: 600_000 });
      isExpired = true;
      backend.clock.advance(20_000);
      expect(await backend.renew([grant], 600_000)).toMatchObject([{ outcome: 'refused' }]);
      expect(backend.revocations).toMatchObject([{ reason: 'session', grants: [grant] }]);
      await backend.acquire('b');
      expect(http!.seen.filter(({ path }) => path === '/sessions')).toHaveLength(2);
    });

    it.each([
      ['a lock', '/renew', 30_000],
      ['a session', '/keepalive', 600_000],
    ])(
      'counts %s from its newest confirmation, though that of an older request comes after it',
      async (_, what, ttl) => {
        const waiting: ServerResponse[] = [];
        const backend = await connect(
          service(({ path }, response) => {
            if (path.endsWith(what)) waiting.push(response);
            else acquired(response);
          }),
        );
        const { grant } = await backend.acquire('a', { ttl });
        backend.clock.advance(7000);
        const older = backend.renew([grant], ttl);
        await until(() => waiting.length === 1, 'the older request');
        backend.clock.advance(7000);
        const newer = backend.renew([grant], ttl);
        await until(() => waiting.length === 2, 'the newer request');
        const firstBounds = ([renewal]: readonly Renewal[]): Bounds | undefined =>
          renewal?.outcome === 'renewed' ? renewal.bounds : undefined;
        json(waiting[1]!, 200, { lease_id: LEASE, expires_at: '2030-01-01T00:00:00Z' });
        const bounds = firstBounds(await newer);
        json(waiting[0]!, 200, { lease_id: LEASE, expires_at: '2030-01-01T00:00:00Z' });
        expect(bounds).toBeDefined();
        expect(firstBounds(await older)).toEqual(bounds);
      },
    );

    it('takes no page of a proxy for a release', async () => {
      const backend = await connect(
        service(({ path }, response) => {
          if (path.endsWith('/release')) response.end('<html>welcome</html>');
          else acquired(response);
        }),
      );
      const { grant } = await backend.acquire('a');
      expect(await backend.release(grant)).toEqual(['unknown']);
    });

    it('cuts off a renewal that nobody waits for any more', async () => {
      let hanging: ServerResponse | undefined;
      const connected = await connect(
        service(({ path }, response) => {
          if (path.endsWith('/renew')) hanging = response;
          else acquired(response);
        }),
      );
      const { grant } = await connected.acquire('a');
      const renewal = connected.backend.renew([grant], [30_000]).subscribe();
      await until(() => hanging !== undefined, 'the request');
      renewal.unsubscribe();
      // The service has not answered: it is the client that hangs up.
      await until(() => hanging!.closed, 'the end of the connection');
      expect(hanging!.writableEnded).toBe(false);
    });

    it('lets a read that nobody waits for any more be answered, so that its connection lasts', async () => {
      const asked: ServerResponse[] = [];
      const connected = await connect((_, response) => asked.push(response));
      const read = connected.backend.status('a').subscribe();
      await until(() => asked.length === 1, 'the request');
      read.unsubscribe();
      json(asked[0]!, 200, { name: 'a', status: 'free' });
      await until(() => asked[0]!.writableFinished, 'the answer');
      const next = firstValueFrom(connected.backend.status('a'));
      await until(() => asked.length === 2, 'the next request');
      json(asked[1]!, 200, { name: 'a', status: 'free' });
      expect(await next).toMatchObject({ status: 'free' });
      expect(asked[0]!.req.socket.destroyed).toBe(false);
    });

    it('cuts off a read that nobody waits for any more, and that is not answered', async () => {
      let hanging: ServerResponse | undefined;
      const connected = await connect((_, response) => (hanging = response));
      const read = connected.backend.status('a').subscribe();
      await until(() => hanging !== undefined, 'the request');
      read.unsubscribe();
      await until(() => hanging!.closed, 'the end of the connection');
      expect(hanging!.writableEnded).toBe(false);
    });

    it('says what is wrong with an answer that is too long', async () => {
      const connected = await connect((_, response) => json(response, 200, 'x'.repeat(2 * 1024 * 1024)));
      await expect(firstValueFrom(connected.backend.status('a'))).rejects.toMatchObject({
        code: 'ERR_LOCK_NETWORK',
        cause: { message: 'the answer is longer than 1 MiB' },
      });
    });

    it('says what is wrong with a service that wants to be left alone for days', async () => {
      const backend = await connect((_, response) =>
        json(response, 429, { code: 'rate_limited' }, { 'retry-after': String(3 * 24 * 3600) }),
      );
      const { error } = await backend.ask('a').over();
      expect(error).toMatchObject({ code: 'ERR_LOCK_CAPACITY', retryAfter: 3 * 24 * 3_600_000 });
      expect((error as Error).message).toContain('asks to be left alone for 72 hours, which counts as one');
    });

    it('follows no redirect', async () => {
      const elsewhere = await HttpServer.start((_, response) => acquired(response));
      try {
        const backend = await connect(
          service((_, response) => response.writeHead(307, { location: `${elsewhere.url}/locks/a/acquire` }).end()),
        );
        const { error } = await backend.ask('a').over();
        expect(error).toMatchObject({ code: 'ERR_LOCK_NETWORK' });
        expect(elsewhere.seen).toEqual([]);
      } finally {
        await elsewhere.stop();
      }
    });

    it('is not harmed by __proto__', async () => {
      const body = `{"__proto__":{"status":"held","polluted":1},"status":"acquired","lease_id":"${LEASE}","fencing_token":12345678901234567890}`;
      const { grant } = await (await connect(service((_, response) => json(response, 200, body)))).acquire('a');
      expect(grant.fencingToken).toBe(12_345_678_901_234_567_890n);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      const inherited = `{"__proto__":{"status":"acquired","lease_id":"x","fencing_token":12345678901234567890}}`;
      await client!.backend.close();
      await http!.stop();
      const { error } = await (await connect(service((_, response) => json(response, 200, inherited)))).ask('a').over();
      expect(error).toMatchObject({ code: 'ERR_LOCK_NETWORK' });
    });

    it('encodes a name as one segment of the path', async () => {
      await (await connect(service((_, response) => acquired(response)))).acquire('a/ü.b');
      expect(http!.seen.at(-1)!.path).toBe('/locks/a%2F%C3%BC.b/acquire');
    });

    it('reads a token again that is refused, once for all who ask', async () => {
      let current = 'first';
      let reads = 0;
      const backend = await connect(
        (seen, response) => {
          if (seen.token === current) service((_, to) => acquired(to))(seen, response);
          else json(response, 401, { code: 'authentication_failed' });
        },
        () => {
          reads++;
          return current;
        },
      );
      await backend.acquire('a');
      expect(reads).toBe(1);
      current = 'second';
      await Promise.all(['b', 'c', 'd'].map((name) => backend.acquire(name)));
      expect(reads).toBe(2);
    });

    it('says that the token is not valid, and on a renewal that nothing is known', async () => {
      let valid = true;
      const backend = await connect((seen, response) => {
        if (valid) service((_, to) => acquired(to))(seen, response);
        else json(response, 401, { code: 'authentication_failed', details: TOKEN });
      });
      const { grant } = await backend.acquire('a');
      valid = false;
      const { error } = await backend.ask('b').over();
      expect(error).toMatchObject({ code: 'ERR_LOCK_AUTHENTICATION', retryable: false });
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(TOKEN);
      expect(await backend.renew([grant])).toMatchObject([{ outcome: 'unknown' }]);
      expect(await backend.release(grant)).toEqual(['unknown']);
    });

    it('shows no secret of itself', async () => {
      const backend = await connect(service((_, response) => acquired(response)));
      const granted = await backend.acquire('a');
      const shown =
        inspect([backend.backend, granted], { depth: 20, showHidden: true }) + JSON.stringify(granted.bounds);
      for (const secret of [TOKEN, SESSION, LEASE]) expect(shown).not.toContain(secret);
    });
  });
}
