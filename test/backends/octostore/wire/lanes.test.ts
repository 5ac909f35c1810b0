import type { ServerResponse } from 'node:http';
import { filter, firstValueFrom, skipWhile, take, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { octostore } from '../../../../src/backends/octostore/index.js';
import { createLocks, type Locks } from '../../../../src/index.js';
import { HttpServer, json } from '../../../support/http-server.js';
import { until } from '../../../support/poll.js';

/** More than there are connections for those who contend. */
const CROWD = 100;
const LATER = '2030-01-01T00:00:00Z';

/** A service that grants one lock, and lets everybody who asks for another wait for an answer. */
function serve(): Promise<HttpServer> {
  const asked: ServerResponse[] = [];
  return HttpServer.start(({ path, method }, response) => {
    if (path === '/sessions') json(response, 201, { session_id: 'session', keepalive_interval_secs: 30 });
    else if (path === '/locks/mine/acquire') {
      json(response, 200, { status: 'acquired', lease_id: 'lease', fencing_token: 1, metadata: null });
    } else if (path.endsWith('/acquire')) asked.push(response);
    else if (method === 'DELETE') response.writeHead(204).end();
    else json(response, 200, { lease_id: 'lease', expires_at: LATER });
  });
}

describe('a crowd of contenders that the service is slow to answer', () => {
  let http: HttpServer | undefined;
  let locks: Locks<bigint> | undefined;
  afterEach(async () => {
    await locks?.close();
    await http?.stop();
  });

  it('keeps neither the renewal of a held lock waiting, nor its release', async () => {
    const server = (http = await serve());
    const mine = (locks = createLocks(octostore({ baseUrl: server.url, token: 'token', timeout: '20s' })));
    const after$ = mine.lock$('mine', '4s').pipe(
      skipWhile(({ type }) => type !== 'acquired'),
      // A busy machine may be slow to answer as well.
      filter(({ type }) => type !== 'uncertain'),
      take(2),
      toArray(),
    );
    const released$ = mine.events$.pipe(filter(({ type }) => type === 'release'));
    const released = firstValueFrom(released$);
    const after = firstValueFrom(after$);
    for (let i = 0; i < CROWD; i++) mine.lock$(`other-${String(i)}`, '30s').subscribe({ error: () => undefined });
    await until(() => server.seen.filter(({ path }) => path.startsWith('/locks/other')).length > 10, 'the crowd');
    expect((await after).map(({ type }) => type)).toEqual(['acquired', 'renewed']);
    expect(await released).toMatchObject({ name: 'mine', outcome: 'released' });
    const asked = server.seen.filter(({ path }) => path.startsWith('/locks/other'));
    // Those who could not be asked for yet still wait for a connection.
    expect(asked.length).toBeLessThan(CROWD);
  });
});
