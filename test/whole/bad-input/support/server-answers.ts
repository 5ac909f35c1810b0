import { firstValueFrom, lastValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { octostore } from '../../../../src/backends/octostore/index.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import { LockError, LockNetworkError, LockUnsupportedError } from '../../../../src/contract/errors.js';
import { HttpServer } from '../../../support/http-server.js';
import { Client } from '../../../support/octostore-client.js';
import { until } from '../../../support/poll.js';
import { MISFITS, NONSENSE, TOO_LONG, UNENDING } from './nonsense.js';
import { StubService, type Answer, type Ask } from './stub-service.js';

const TOKEN = 'test-token';
const ALL: Readonly<Record<string, Answer>> = { ...NONSENSE, ...MISFITS };
const REDIRECTS = [301, 302, 303, 307, 308] as const;

/** How the release of a lock is answered: with anything at all, for its body says nothing. */
const SILENT: readonly string[] = Object.keys(MISFITS);

/** What a server may answer, and what must become of it, whatever carries the bytes. */
export function describeServerAnswers(platform: string, make: typeof octostore): void {
  describe(`octostore for ${platform}, of a server that answers`, () => {
    let stub: StubService;
    let client: Client;

    beforeEach(async ({ task }) => {
      stub = await StubService.start();
      const timeout = task.name.startsWith(UNENDING) ? '600ms' : '5s';
      client = new Client({ baseUrl: stub.url, token: TOKEN, timeout }, make);
    });
    afterEach(async () => {
      stub.spoilt = {};
      await client.backend.close();
      await stub.stop();
    });

    /** Nothing is held, and no connection is left in the middle of an answer. */
    const settled = async (): Promise<void> => {
      await until(() => stub.held.size === 0, 'the end of every lock');
      await until(() => stub.open.size === 0, 'the end of every answer');
    };

    const failure = async (promise: Promise<unknown>): Promise<LockError> => {
      const error: unknown = await promise.then(
        () => new Error('nothing failed'),
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(LockError);
      return error as LockError;
    };

    for (const [what, answer] of Object.entries(ALL)) {
      it(`${what}: no session is opened`, async () => {
        stub.spoilt = { open: answer };
        expect((await client.ask('a').over()).error).toBeInstanceOf(LockNetworkError);
        expect(stub.seen.some(({ path }) => path.endsWith('/acquire'))).toBe(false);
        stub.spoilt = {};
        // Nothing of it is remembered.
        expect((await client.acquire('a')).grant.fencingToken).toBe(1n);
      });

      it(`${what}: a grant that cannot be read is given back`, async () => {
        stub.spoilt = { acquire: answer };
        const { error, strays } = await client.ask('a').over();
        expect(error).toBeInstanceOf(LockNetworkError);
        expect(strays).toEqual([]);
        expect(stub.seen.filter(({ path }) => path.endsWith('/acquire')).length).toBeGreaterThan(0);
        await settled();
        stub.spoilt = {};
        expect((await client.acquire('a')).grant.fencingToken).toBe(1n);
      });

      it(`${what}: nothing is known of a renewal, nor of a session`, async () => {
        const { grant } = await client.acquire('a');
        stub.spoilt = { renew: answer, keepalive: answer };
        client.clock.advance(1000);
        expect(await client.renew([grant])).toMatchObject([{ outcome: 'unknown' }]);
        client.clock.advance(20_000);
        const [renewal] = await client.renew([grant], 60_000);
        expect(renewal).toMatchObject({ outcome: 'unknown' });
        expect((renewal as { cause: unknown }).cause).toBeInstanceOf(LockNetworkError);
        expect(client.revocations).toEqual([]);
        stub.spoilt = {};
        expect(await client.renew([grant])).toMatchObject([{ outcome: 'renewed' }]);
      });

      it(`${what}: a release is believed only if it may be one`, async () => {
        const { grant } = await client.acquire('a');
        stub.spoilt = { release: answer };
        expect(await client.release(grant)).toEqual([SILENT.includes(what) ? 'released' : 'unknown']);
        stub.spoilt = {};
        await settled();
      });

      it(`${what}: a status, a list and a sign of life are errors`, async () => {
        stub.spoilt = { status: answer, list: answer, health: answer };
        const { backend } = client;
        for (const asked$ of [backend.status('a'), backend.list!('a'), backend.ping!()]) {
          expect(await failure(lastValueFrom<unknown>(asked$))).toBeInstanceOf(LockNetworkError);
        }
        await settled();
      });

      it(`${what}: a watch goes on`, async () => {
        stub.spoilt = { watch: answer };
        expect(await firstValueFrom(client.backend.watch!('a'))).toMatchObject({ name: 'a', status: 'free' });
        await settled();
      });

      it(`${what}: closing ends all the same`, async () => {
        await client.acquire('a');
        stub.spoilt = { end: answer };
        await client.backend.close();
      });
    }

    for (const [what, answer] of Object.entries(TOO_LONG)) {
      it(`${what}: it is cut off, not kept`, async () => {
        stub.spoilt = { status: answer };
        const { cause } = await failure(firstValueFrom(client.backend.status('a')));
        expect(cause).toMatchObject({ message: 'the answer is longer than 1 MiB' });
        await settled();
      });
    }

    it.each([
      ['html', 'acquire'],
      ['html', 'release'],
      ['an object without a field', 'acquire'],
    ] as const)(
      '%s to each %s: a grant that cannot be read is given back all the same, beside one that is held',
      async (what, ask) => {
        const other = await client.acquire('b');
        const html = ALL[what]!;
        const asked = (): number => stub.seen.filter(({ path }) => path === `/locks/a/${ask}`).length;
        stub.spoilt = { acquire: html };
        expect((await client.ask('a').over()).error).toBeInstanceOf(LockNetworkError);
        // Whoever clears up hears the same, and must not take it for an answer.
        stub.spoilt = { [ask]: html };
        const before = asked();
        await until(() => asked() > before, 'an attempt to clear up');
        stub.held.set('a', stub.held.get('a') ?? { id: 'x', name: 'a', session: [...stub.sessions][0]! });
        stub.spoilt = {};
        await until(() => !stub.held.has('a'), 'the end of the lock');
        expect(stub.held.has('b')).toBe(true);
        expect(await client.release(other.grant)).toEqual(['released']);
      },
    );

    it('an event without end: the stream is cut off', async () => {
      let sent = 0;
      const endless: Answer = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: ');
        const more = (): void => {
          while (!response.destroyed && sent < 64) {
            sent++;
            if (!response.write('x'.repeat(1024 * 1024))) {
              response.once('drain', more);
              return;
            }
          }
        };
        more();
      };
      stub.spoilt = { watch: endless };
      const seen: unknown[] = [];
      const watching = client.backend.watch!('a').subscribe((status) => seen.push(status));
      await until(() => stub.seen.filter(({ path }) => path.endsWith('/watch')).length > 1, 'another stream');
      expect(sent).toBeLessThan(64);
      expect(seen.length).toBeGreaterThan(0);
      watching.unsubscribe();
      await settled();
    });

    it('200 and hangs up: a watch does not come back ever faster', async () => {
      stub.spoilt = { watch: (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end() };
      const watching = client.backend.watch!('a').subscribe();
      const connections = (): number => stub.seen.filter(({ path }) => path.endsWith('/watch')).length;
      // 100, 200, 400, 800 ms at most; the clock of the client gives half of each.
      const begun = performance.now();
      await until(() => connections() === 5, 'the fifth connection');
      expect(performance.now() - begun).toBeGreaterThan(600);
      watching.unsubscribe();
    });

    describe('a redirect to another origin', () => {
      const asks: readonly Ask[] = ['open', 'acquire', 'renew', 'keepalive', 'release', 'status', 'list', 'health'];
      it.each(REDIRECTS)('%i: nothing arrives there, not even a connection', async (status) => {
        let connections = 0;
        const elsewhere = await HttpServer.start(
          () => undefined,
          () => connections++,
        );
        const redirect: Answer = (response) =>
          response.writeHead(status, { location: `${elsewhere.url}/locks/a/acquire` }).end();
        try {
          const { grant } = await client.acquire('a');
          client.clock.advance(21_000);
          stub.spoilt = Object.fromEntries([...asks, 'watch', 'end'].map((ask) => [ask, redirect]));
          expect(await client.renew([grant], 60_000)).toMatchObject([{ outcome: 'unknown' }]);
          expect(await client.release(grant)).toEqual(['unknown']);
          expect((await client.ask('b').over()).error).toBeInstanceOf(LockNetworkError);
          const { backend } = client;
          const watching = backend.watch!('a').subscribe({ error: () => undefined });
          for (const asked$ of [backend.status('a'), backend.list!('a'), backend.ping!()]) {
            const error = await failure(lastValueFrom<unknown>(asked$));
            expect(error.message).toMatch(/it redirects, and rxlock follows no redirect/);
          }
          await until(() => stub.seen.some(({ path }) => path.endsWith('/watch')), 'the watch');
          watching.unsubscribe();
          await backend.close();
          expect(connections).toBe(0);
          expect(elsewhere.seen).toEqual([]);
        } finally {
          await elsewhere.stop();
        }
      });
    });

    it.each(['9007199254740993', '9223372036854775807', '9007199254740991', '1'])(
      'the fencing token %s: it is exact in lock$',
      async (fencingToken) => {
        stub.fencingToken = fencingToken;
        const locks = createLocks(make({ baseUrl: stub.url, token: TOKEN }));
        const event = await firstValueFrom(locks.lock$('a', '10s'));
        expect(event).toMatchObject({ type: 'acquired', lease: { fencingToken: BigInt(fencingToken) } });
        const lease = await locks.acquire('b', '10s');
        expect(JSON.parse(JSON.stringify(lease))).toMatchObject({ fencingToken });
        await lease.release();
        await locks.close();
      },
    );

    it.each(['-1', '1.5', '1e400', '"7"', '9007199254740993.5', '[7]', '9.007199254740993e15'])(
      'the fencing token %s: it is no grant, and is given back',
      async (fencingToken) => {
        stub.fencingToken = fencingToken;
        expect((await client.ask('a').over()).error).toBeInstanceOf(LockNetworkError);
        await settled();
      },
    );

    it.each(['0', 'null'])(
      'the fencing token %s: it has none, and what it grants is given back',
      async (fencingToken) => {
        stub.fencingToken = fencingToken;
        expect((await client.ask('a').over()).error).toBeInstanceOf(LockUnsupportedError);
        await settled();
      },
    );

    it.each([
      ['held', '{"status":"held","retry_after_ms":1e999}'],
      ['held', '{"status":"held","retry_after_ms":-5}'],
      ['held', '{"status":"held","retry_after_ms":"5","expires_at":"+999999-99-99","holder_id":5}'],
    ])('%s, with %s: it is held all the same', async (_, body) => {
      stub.spoilt = { acquire: (response) => response.writeHead(200).end(body) };
      const { last } = await client.ask('a').over();
      expect(last).toMatchObject({ type: 'held', holder: undefined, expiresAt: undefined });
      const { retryAfter = 0 } = last as { retryAfter?: number };
      expect(retryAfter).toBeLessThan(2 ** 31);
    });

    it.each(['1e999', '-1', 'soon', '99999999999999999999', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
      '429 with Retry-After: %s: the delay is one that a timer can wait for',
      async (header) => {
        stub.spoilt = { acquire: (response) => response.writeHead(429, { 'retry-after': header }).end('{}') };
        const { error } = await client.ask('a').over();
        expect(error).toMatchObject({ code: 'ERR_LOCK_CAPACITY' });
        const { retryAfter = 0 } = error as { retryAfter?: number };
        expect(retryAfter).toBeGreaterThanOrEqual(0);
        expect(retryAfter).toBeLessThan(2 ** 31);
      },
    );
  });
}
