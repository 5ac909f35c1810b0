import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { firstValueFrom, take, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import * as browser from '../../../../src/backends/octostore/index.browser.js';
import * as node from '../../../../src/backends/octostore/index.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import type { LockEvent } from '../../../../src/contract/lease.js';
import { HttpServer, json, type Seen } from '../../../support/http-server.js';
import { until } from '../../../support/poll.js';
import { ElectionClient } from './support/election-client.js';

const ID = 'the-election';
const TOKEN = 'canary-leader-token-4711';

type Answer = (seen: Seen, response: ServerResponse) => void;

const candidateOf = ({ body }: Seen): string => (JSON.parse(body) as { candidate_id: string }).candidate_id;

/** As the service elects, or confirms: `ttl` is what it says that it grants. Seconds. */
function leader(response: ServerResponse, candidate: string, { term = '7', ttl = 30, token = TOKEN } = {}): void {
  json(
    response,
    200,
    `{"status":"leader","election_id":"${ID}","leader":{"candidate_id":"${candidate}","term":${term},` +
      `"expires_at":"2030-01-01T00:00:00Z"},"leader_token":"${token}","renew_after_ms":${String(ttl * 500)}}`,
  );
}

/** A service with one candidate: it answers renewals as told, and everything else as it should. */
function electing(renewed: Answer, term = '7'): Answer {
  let candidate = '';
  return (seen, response) => {
    if (seen.path.endsWith('/campaign')) leader(response, (candidate = candidateOf(seen)), { term, ttl: 5 });
    else if (seen.path.endsWith('/renew')) renewed({ ...seen, token: candidate }, response);
    else if (seen.path.endsWith('/resign')) json(response, 200, { election_id: ID, status: 'vacant' });
    else response.writeHead(500).end();
  };
}

for (const [platform, { octostoreElection, createOctoStoreElection }] of Object.entries({ node, browser })) {
  describe(`octostoreElection for ${platform}, and what a server may answer`, () => {
    let http: HttpServer | undefined;
    let client: ElectionClient | undefined;
    const connect = async (answer: Answer): Promise<ElectionClient> => {
      http = await HttpServer.start(answer);
      client = new ElectionClient(ID, http.url, octostoreElection, '400ms');
      return client;
    };
    afterEach(async () => {
      await client?.backend.close();
      await http?.stop();
      client = undefined;
    });

    it('campaigns for the shortest ttl and then confirms the one that was asked for', async () => {
      const elections = await connect(electing(({ token = '' }, response) => leader(response, token)));
      const { grant, bounds } = await elections.acquire(ID, { ttl: 30_000, metadata: 'x' });
      expect(bounds).toMatchObject([{ ttl: 30_000 }]);
      expect(grant).toMatchObject({ name: ID, fencingToken: 7n, holder: 'me' });
      expect(http!.seen.map(({ path, body }) => [path, JSON.parse(body) as unknown])).toEqual([
        [`/elections/${ID}/campaign`, { candidate_id: expect.any(String) as string, ttl_seconds: 5, metadata: 'x' }],
        [`/elections/${ID}/renew`, { leader_token: TOKEN, ttl_seconds: 30 }],
      ]);
      // Elections are nobody's: no token is sent.
      expect(http!.seen.map(({ token }) => token)).toEqual([undefined, undefined]);
    });

    it('sends one request where the shortest ttl is what was asked for', async () => {
      const elections = await connect(electing((_, response) => response.writeHead(500).end()));
      const { bounds } = await elections.acquire(ID, { ttl: 5000 });
      expect(bounds).toMatchObject([{ ttl: 5000 }]);
      expect(http!.seen).toHaveLength(1);
    });

    it('believes in a ttl that the service cut short', async () => {
      const elections = await connect(electing(({ token = '' }, response) => leader(response, token, { ttl: 12 })));
      const { grant, bounds } = await elections.acquire(ID, { ttl: 30_000 });
      expect(bounds).toMatchObject([{ ttl: 12_000 }]);
      expect(await elections.renew([grant], 30_000)).toMatchObject([{ outcome: 'renewed', bounds: [{ ttl: 12_000 }] }]);
    });

    it('never believes in more than it asked for', async () => {
      const elections = await connect(electing(({ token = '' }, response) => leader(response, token, { ttl: 300 })));
      expect((await elections.acquire(ID, { ttl: 30_000 })).bounds).toMatchObject([{ ttl: 30_000 }]);
    });

    it('reads terms that no double can hold', async () => {
      const term = '9223372036854775807';
      const elections = await connect(electing(({ token = '' }, response) => leader(response, token, { term }), term));
      expect((await elections.acquire(ID)).grant.fencingToken).toBe(9_223_372_036_854_775_807n);
    });

    it.each<[string, (candidate: string, response: ServerResponse) => void]>([
      ['another token', (candidate, response) => leader(response, candidate, { token: 'another-token' })],
      ['another term', (candidate, response) => leader(response, candidate, { term: '8' })],
      ['a page', (_, response) => response.end('<html>welcome</html>')],
      ['an error of its own', (_, response) => json(response, 503, { code: 'upstream_unavailable' })],
      ['a 404 that is not of the service', (_, response) => response.writeHead(404).end('nginx')],
      ['a redirect', (_, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end()],
      ['nothing', () => undefined],
    ])('leads by no renewal that is answered with %s', async (_, answer) => {
      const elections = await connect(electing(({ token = '' }, response) => answer(token, response)));
      const attempt = await elections.ask(ID).over();
      expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_NETWORK', retryable: true });
      expect(attempt.signals).toEqual([]);
      // It was elected all the same, so the core is given something to resign from.
      expect(attempt.strays).toHaveLength(1);
      expect(await elections.renew(attempt.strays)).toMatchObject([{ outcome: 'unknown' }]);
      expect(await elections.release(...attempt.strays)).toEqual(['released']);
      expect(JSON.parse(http!.seen.at(-1)!.body)).toEqual({ leader_token: TOKEN });
    });

    it.each([
      ['lease_not_current', 404],
      ['not_found', 404],
    ])('is told by %s that it leads no more', async (code, status) => {
      const elections = await connect(electing((_, response) => json(response, status, { code })));
      const { grant } = await elections.acquire(ID, { ttl: 5000 });
      expect(await elections.renew([grant])).toMatchObject([{ outcome: 'refused' }]);
      const asked = http!.seen.length;
      expect(await elections.renew([grant])).toMatchObject([{ outcome: 'refused' }]);
      expect(await elections.release(grant)).toEqual(['gone']);
      expect(http!.seen).toHaveLength(asked);
    });

    it.each<[string, Answer, object]>([
      ['another candidate than it was', (_, response) => leader(response, 'somebody'), { code: 'ERR_LOCK_NETWORK' }],
      [
        'a leadership without a token',
        (seen, response) =>
          json(response, 200, { status: 'leader', leader: { candidate_id: candidateOf(seen), term: 1 } }),
        { code: 'ERR_LOCK_NETWORK' },
      ],
      [
        'a token that no service makes up',
        (seen, response) => leader(response, candidateOf(seen), { token: 'a b' }),
        { code: 'ERR_LOCK_NETWORK' },
      ],
      [
        'a term that is no number',
        (seen, response) => leader(response, candidateOf(seen), { term: '"7"' }),
        { code: 'ERR_LOCK_NETWORK' },
      ],
      [
        'another election',
        (_, response) =>
          json(response, 200, {
            status: 'follower',
            election_id: 'another-one',
            leader: { candidate_id: 'x', term: 1 },
          }),
        { code: 'ERR_LOCK_NETWORK' },
      ],
      ['a page', (_, response) => response.end('<html>welcome</html>'), { code: 'ERR_LOCK_NETWORK' }],
      [
        'a server without elections',
        (_, response) => json(response, 404, { code: 'not_found' }),
        { code: 'ERR_LOCK_UNSUPPORTED' },
      ],
      [
        'a server whose elections are turned off',
        (_, response) => json(response, 403, { code: 'forbidden' }),
        { code: 'ERR_LOCK_UNSUPPORTED' },
      ],
      [
        'its limit of requests',
        (_, response) => json(response, 429, { code: 'rate_limited', retry_after_ms: 59_000 }, { 'retry-after': '59' }),
        { code: 'ERR_LOCK_CAPACITY', retryAfter: 59_000, retryable: true },
      ],
      [
        'a limit of requests that only its header tells',
        (_, response) => json(response, 429, {}, { 'retry-after': '7' }),
        { code: 'ERR_LOCK_CAPACITY', retryAfter: 7000 },
      ],
    ])('does not lead by a campaign that is answered with %s', async (_, answer, error) => {
      const elections = await connect(answer);
      const attempt = await elections.ask(ID).over();
      expect(attempt.error).toMatchObject(error);
      expect(attempt.signals).toEqual([]);
      // Not asked again: a campaign is not idempotent.
      expect(http!.seen).toHaveLength(1);
    });

    it('takes the time until the leader has to renew for a hint', async () => {
      const elections = await connect((_, response) =>
        json(response, 200, {
          status: 'follower',
          election_id: ID,
          leader: { candidate_id: 'somebody', term: 3, expires_at: '2030-01-01T00:00:00Z' },
          retry_after_ms: 9991,
        }),
      );
      const { signals } = await elections.ask(ID).over();
      expect(signals).toEqual([
        { type: 'held', holder: 'somebody', expiresAt: Date.UTC(2030, 0, 1), retryAfter: 9991 },
      ]);
    });

    it.each(['429', '403', 'a page', 'another id', 'a path'])('makes no election of %s', async (what) => {
      http = await HttpServer.start((_, response) => {
        if (what === '429') json(response, 429, { code: 'rate_limited', retry_after_ms: 1000 });
        else if (what === '403') json(response, 403, { code: 'forbidden' });
        else if (what === 'a page') response.end('<html>');
        else json(response, 201, { election_id: what === 'a path' ? '../../locks/x' : 7 });
      });
      const code = { '429': 'ERR_LOCK_CAPACITY', '403': 'ERR_LOCK_UNSUPPORTED' }[what];
      await expect(createOctoStoreElection({ baseUrl: http.url })).rejects.toMatchObject({
        code: code ?? 'ERR_LOCK_NETWORK',
      });
    });

    it('shows the token of the leader to nobody', async () => {
      const answer = electing(({ token = '' }, response) => leader(response, token));
      http = await HttpServer.start(answer);
      const backend = octostoreElection({ id: ID, baseUrl: http.url });
      const locks = createLocks(backend);
      const events: LockEvent[] = [];
      const all: unknown[] = [];
      locks.events$.subscribe((event) => all.push(event));
      const subscription = locks.lock$(ID, '30s').subscribe((event) => events.push(event));
      await until(() => events.at(-1)?.type === 'acquired', 'the election');
      const shown = inspect([backend, locks, events, all, subscription], { depth: Infinity, showHidden: true });
      expect(shown).toContain(ID);
      expect(shown).not.toContain(TOKEN);
      expect(JSON.stringify(events)).not.toContain(TOKEN);
      subscription.unsubscribe();
      await locks.close();
      expect(http.seen.at(-1)).toMatchObject({
        path: `/elections/${ID}/resign`,
        body: JSON.stringify({ leader_token: TOKEN }),
      });
      expect(inspect(all, { depth: Infinity, showHidden: true })).not.toContain(TOKEN);
    });

    it('reads the state when a watch has begun, whatever its first event said', async () => {
      const state = (status: string): object => ({
        election_id: ID,
        status,
        leader: status === 'vacant' ? null : { candidate_id: 'somebody', term: 3, metadata: 'm' },
      });
      let release = (): void => undefined;
      const elections = await connect((seen, response) => {
        if (!seen.path.endsWith('/watch')) {
          json(response, 200, state('leader'));
          return;
        }
        const send = (status: string): void => {
          response.write(`event: state\nretry:1000\ndata: ${JSON.stringify(state(status))}\n\n`);
        };
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        send('vacant');
        release = () => send('vacant');
      });
      const seen = firstValueFrom(elections.backend.watch!(ID).pipe(take(2), toArray()));
      await until(() => http!.seen.some(({ path }) => path === `/elections/${ID}`), 'the read');
      const first = await firstValueFrom(elections.backend.watch!(ID));
      expect(first).toMatchObject({ status: 'held', holder: 'somebody', fencingToken: 3n, metadata: 'm' });
      release();
      expect((await seen).map(({ status }) => status)).toEqual(['held', 'free']);
      // What an event says needs no read.
      expect(http!.seen.filter(({ path }) => path === `/elections/${ID}`).length).toBeLessThanOrEqual(2);
    });
  });
}
